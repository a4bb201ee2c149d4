"""Folders in the system's place for temporary files, which is every program's."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mtlue.files import held_folder, named_errors, sweep

_OURS = "mtlue-"
"""How the names of folders begin there."""


@contextmanager
def scratch_folder(what: str) -> Iterator[Path]:
    """An empty folder, private to this user, that is removed when the block ends.

    What killed processes left of such folders, which may be clean images, is removed first.

    Args:
        what: it holds; a part of its name.

    Raises:
        OutputError: it cannot be made.
    """
    place = Path(tempfile.gettempdir())
    with ExitStack() as stack:
        with named_errors(place):
            sweep(place, _OURS)
            name = f"{_OURS}{what}-{secrets.token_hex(4)}"  # a process may have several
            folder = stack.enter_context(held_folder(place / name))
        yield folder

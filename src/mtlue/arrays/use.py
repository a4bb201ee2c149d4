"""That something on disk is being used: a lock that readers share, beside the one that a writer takes for itself.

The system gives it up with the process that holds it. Where it has no such locks (Windows, some network disks) what is
in use is not known as such, and deleting it is what it was without: the command that used it ends with a sentence.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from pathlib import Path

from mtlue.locks import locked

USED = ".used"
"""The locked file in a store's folder; with it for a suffix, the one beside a folder of unpacked images."""


class Use:
    """Holds something until this object, and every array that has it, is gone. Unpickled, it holds it there, too.

    Args:
        file: that is locked, in a folder that there is; where that is gone, nothing is held.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._end: Callable[[], object] | None = None
        if (stream := locked(file, shared=True, create=True)) is not None:
            self._end = weakref.finalize(self, os.close, stream)  # interrupted before this, it leaves nothing to say

    def end(self) -> None:
        """Give it up at once."""
        if self._end is not None:
            self._end()

    def __reduce__(self) -> tuple[Callable[[Path], Use], tuple[Path]]:
        return Use, (self._file,)


def is_used(file: Path) -> bool:
    """Whether some process, this one included, holds now what a file is locked for."""
    try:
        stream = locked(file, shared=False)
    except BlockingIOError:
        return True
    if stream is not None:
        os.close(stream)
    return False

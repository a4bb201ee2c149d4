"""Names and modules that are imported when first used, so that importing what names them costs nothing."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from traceback import walk_tb
from types import FrameType
from typing import Any

_OWN = __name__.partition(".")[0]


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package.

    Args:
        package: its ``__name__``.
        homes: name -> the module that defines it.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return find


class Later:
    """A module that is imported when an attribute of it is first asked for, as SPEC 1's ``lazy_loader.load`` does.

    >>> json = Later("json")
    >>> json.dumps([1])
    '[1]'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)


@contextmanager
def uncollected() -> Iterator[None]:
    """Imports of libraries belong here: no garbage is collected while they run.

    What libraries make stays, and looking through it again and again takes long (``benchmarks/levers.py --only
    start``).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def broken_library(error: BaseException) -> str | None:
    """The package that could not be imported, where that is why an error was raised: it is missing, or its release does
    not go with another package's. None where the error has another cause.

    >>> try:
    ...     import no_such_package
    ... except ImportError as error:
    ...     broken_library(error)
    'no_such_package'
    """
    names = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__) if _is_module(frame)]
    names += [error.name or ""] if isinstance(error, ImportError) else []
    others = [package for name in names if (package := name.partition(".")[0]) not in ("", "__main__", _OWN)]
    return others[-1] if others else None


def cannot_be_loaded(package: str, error: BaseException) -> str:
    """A sentence on a library that :func:`broken_library` found."""
    return f"{package} cannot be loaded ({error}): mtlue doctor says how to mend the installation"


def _is_module(frame: FrameType) -> bool:
    """Whether a frame is that of a module that is being imported."""
    return frame.f_code.co_name == "<module>"

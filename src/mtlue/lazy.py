"""Names and modules that are imported when first used, so that importing what names them costs nothing."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any


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

"""What other packages add: their entry points, and the modules that the environment variable MTLUE_PLUGINS names."""

import os
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from mtlue.errors import InputError
from mtlue.lazy import uncollected

PLUGINS = "MTLUE_PLUGINS"


def import_plugins() -> None:
    """Import the modules that the user names, separated by commas: that registers what they hold.

    Raises:
        InputError: one cannot be imported.
    """
    for module in filter(None, map(str.strip, os.environ.get(PLUGINS, "").split(","))):
        try:
            import_module(module)
        except Exception as error:  # whatever its code raises
            raise InputError(f"{PLUGINS} names {module}, which cannot be imported: {_reason(error)}") from error


def load_object(path: str, what: str) -> Any:
    """The object at ``module:Name``.

    Args:
        path: where it is.
        what: what it is, for the message.

    Raises:
        InputError: it cannot be imported.
    """
    module, _, name = path.partition(":")
    try:
        with uncollected():
            return getattr(import_module(module), name)
    except Exception as error:  # whatever its code raises
        raise InputError(f"{what} ({path}) cannot be loaded: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """What went wrong in another package's code; the kind of error, where that is not plain from its words."""
    if isinstance(error, InputError):
        return error.text
    plain = isinstance(error, ImportError | AttributeError) and str(error)
    return str(error) if plain else f"{type(error).__name__}: {error}".removesuffix(": ")


def entry_paths(group: str) -> dict[str, str]:
    """The entry points of installed packages in a group: name -> ``module:Name``."""
    return {point.name: point.value for point in _installed().select(group=group)}


@cache
def _installed() -> Any:
    """All entry points: there is a group for each registry, and to look through all packages takes 10 ms or more."""
    return entry_points()

"""What other packages add: their entry points, and the modules that the environment variable MTLUE_PLUGINS names."""

import os
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
    for module in filter(None, os.environ.get(PLUGINS, "").split(",")):
        try:
            import_module(module.strip())
        except ImportError as error:
            raise InputError(f"{PLUGINS} names {module.strip()}, which cannot be imported: {error}") from error


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
    except (ImportError, AttributeError) as error:
        raise InputError(f"{what} ({path}) cannot be loaded: {error}") from error


def entry_paths(group: str) -> dict[str, str]:
    """The entry points of installed packages in a group: name -> ``module:Name``."""
    return {point.name: point.value for point in entry_points(group=group)}

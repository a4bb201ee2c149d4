"""Whether the files and folders that a request names are there, asked before any library is loaded."""

from pathlib import Path

from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.release.finding import find_release
from mtlue.release.layout import PrivateFolder
from mtlue.structured import is_there

_TABLES = ("labels", "test_labels", "split_table")
_RULES = (".yaml", ".yml")


def check_data_places(data: DataOptions) -> None:
    """Refuse options that mean nothing, and files and folders that are not there.

    Raises:
        InputError: names the option.
    """
    data.check()
    if data.data is None:
        return
    root = require_folder(data)
    for name in _TABLES:
        table = getattr(data, name)
        if table is not None and not table.is_file() and not (root / table).is_file():
            raise InputError(f"{param(name)} {table} is not a file, nor is {root / table}: give a table of labels")
    for name in data.tasks or ():
        if name.lower().endswith(_RULES) and len(data.tasks or ()) == 1 and not Path(name).is_file():
            raise InputError(f"{param('tasks')} {name} is missing: give a tasks file, or names of tasks")


def require_private(private: Path) -> None:
    """Refuse a folder that does not hold a fitted method.

    Raises:
        InputError: it is not there, or cannot be reached.
    """
    settings, remedy = PrivateFolder(private).generator_settings, "give the private/ that protect wrote"
    if not is_there(settings, remedy):
        raise InputError(f"{settings} is missing: {remedy}, or run protect again")


def require_release(out: Path) -> Path:
    """The release in a folder that ``protect`` wrote.

    Raises:
        VerificationError: there is no whole one.
    """
    return find_release(out)

"""Whether the files and folders that a request names can be used, checked before torch is loaded."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.bounds import to_levels
from mtlue.data.files.folders import require_folder
from mtlue.data.options import AUTO, DataOptions
from mtlue.data.sources import FOLDERS
from mtlue.data.sources.placed import check_options
from mtlue.errors import InputError, VerificationError, param
from mtlue.files import check_writable
from mtlue.jobs.events import Listener, Note
from mtlue.release.again import protected_again, release_around, restored_around
from mtlue.release.finding import find_release, unfinished
from mtlue.release.layout import SHARDS, PrivateFolder, ReleaseFolder
from mtlue.release.seal import changed_generator
from mtlue.release.shards.store import store_of
from mtlue.structured import is_there, refusing

if TYPE_CHECKING:
    from mtlue.data.rows.reading import Found
    from mtlue.tasks import Task

TABLES = ("labels", "test_labels", "split_table")
RULES = (".yaml", ".yml")
"""How the name of a tasks file ends."""


def check_data_places(data: DataOptions) -> None:
    """Refuse options that mean nothing, and files and folders that are not there; no table is opened.

    Raises:
        InputError: names the option.
    """
    check_options(data)
    if data.source in (AUTO, *FOLDERS):
        _check_files(data, require_folder(data))


def _check_files(data: DataOptions, root: Path) -> None:
    for name in TABLES:
        table: Path | None = getattr(data, name)
        if table is not None and not table.is_file() and not (root / table).is_file():
            raise InputError(f"{param(name)} {table} is not a file, nor is {root / table}: give a table of labels")
    tasks = data.tasks or []
    if len(tasks) == 1 and tasks[0].lower().endswith(RULES) and not Path(tasks[0]).is_file():
        raise InputError(f"{param('tasks')}: {tasks[0]} is missing: give a tasks file, or names of tasks")


def check_place(place: Path, data: DataOptions | None = None, name: str = "out") -> None:
    """Refuse to write among a dataset's images, into a release, or where nothing can be written.

    Every command that writes asks this first. What lies among the images would be taken for one of them the next time;
    what lies in a release would be published with it, and ``verify`` would call the release changed. Restored images
    are a dataset, too.

    Args:
        place: the file or folder to be written.
        data: the dataset that is read.
        name: of the option that says where.

    Raises:
        InputError: it lies in one of them; :class:`mtlue.errors.OutputError`: it cannot be written.
    """
    if data is not None and data.data is not None and place.resolve().is_relative_to(data.data.resolve()):
        lies = "is the folder of the images itself," if _is(place, data.data) else "lies inside"
        raise InputError(f"{param(name)} {place} {lies} {param('data')} {data.data}: choose a place outside it")
    if (release := release_around(place)) is not None:
        same = "is a release" if _is(place, release) else f"lies inside {release}, a release"
        raise InputError(f"{param(name)} {place} {same} that is to be published: choose a place outside it")
    if (restored := restored_around(place)) is not None:
        if _is(place, restored):
            raise InputError(
                f"{param(name)} {place} already holds images that mtlue restored: choose another folder, or empty it"
            )
        raise InputError(
            f"{param(name)} {place} lies inside {restored}, among images that mtlue restored: choose a place outside it"
        )
    check_writable(place)


def _is(place: Path, folder: Path) -> bool:
    return place.resolve() == folder.resolve()


def examine_data(data: DataOptions, tasks: "Sequence[Task] | None" = None) -> "Found | None":
    """Refuse everything that is wrong with the data's tables, at once.

    Args:
        data: the images and labels to read.
        tasks: tasks to read the labels by (none: no label is read); found from the data by default.

    Raises:
        InputError: names the rows.
    """
    from mtlue.data.checking import check_dataset  # needs pandas: not before the places are known to be right

    return check_dataset(data, tasks)


def check_splits(asked: Sequence[str] | None, names: Sequence[str]) -> None:
    """Refuse splits that a dataset does not have.

    Raises:
        InputError: names them, and those that there are.
    """
    unknown = sorted({*(asked or ())} - {*names})
    if unknown or (asked is not None and not asked):
        raise InputError(f"{param('splits')} {' '.join(unknown)}: name one or more of {', '.join(names)}")


def note_if_protected(data: DataOptions, epsilon: float, tell: Listener) -> None:
    """Tell of data that are themselves a release: it then protects less.

    Args:
        data: the images to protect.
        epsilon: of the new change, 0..1.
        tell: gets the note.
    """
    if data.data is not None and (note := protected_again(require_folder(data), to_levels(epsilon), str(data.data))):
        tell(Note(note))


def require_release(protected: Path) -> Path:
    """The release in a folder that a user names.

    Raises:
        InputError: there is no whole release, its shards are in a store, or the folder cannot be looked into.
    """
    try:
        release = find_release(protected)
    except VerificationError as error:
        raise InputError(error.text) from error
    require_shards_here(release)
    return release


def require_shards_here(release: Path) -> None:
    """Refuse a release whose shards were put into a store.

    Raises:
        InputError: says where they are.
    """
    if (store := store_of(ReleaseFolder(release))) is not None:
        raise InputError(
            f"{release} lacks its shards, which are in {store}: copy {store}/{SHARDS} to {release / SHARDS}"
        )


def require_there(place: Path, remedy: str) -> None:
    """Refuse a file or folder that does not exist.

    Raises:
        InputError: says what to give instead.
    """
    if not is_there(place, remedy):
        raise InputError(f"{place} does not exist: {remedy}")


def require_private(private: Path) -> None:
    """Refuse a folder that does not hold a fitted method, or not the one that was written with the rest of it.

    Raises:
        InputError: it is not there, cannot be reached, or was changed.
    """
    settings, remedy = PrivateFolder(private).generator_settings, "give the private/ that protect wrote"
    require_there(private, remedy)
    if not is_there(settings, remedy):
        with refusing(private, remedy):
            begun = next(filter(None, map(unfinished, (private, private.parent))), "")
        raise InputError(begun or f"{settings} is missing: {remedy}, or run protect again")
    folder = PrivateFolder(private)
    with refusing(folder.seal, remedy):
        changed = changed_generator(folder)
    if changed:
        raise InputError(
            f"{changed[0]} is not the file that was written with this folder: take it from a copy of the folder, or "
            "run protect again"
        )

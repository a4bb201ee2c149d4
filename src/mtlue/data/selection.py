"""The images that options select: as their source lists them, with the tasks asked for, limited. Imports no torch."""

from collections.abc import Collection as Container
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from mtlue.data.columns.rules_file import RULE_FILES
from mtlue.data.files.folders import find_unusable, passed_over
from mtlue.data.files.zipped import zip_note
from mtlue.data.listing import TEST, TRAIN, LabelFiles, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import recognised
from mtlue.data.sources import source_of
from mtlue.data.sources.placed import check_options
from mtlue.errors import InputError, param
from mtlue.hashing import subset_by_hash
from mtlue.imaging.formats import is_array
from mtlue.tasks import Task


def select(options: DataOptions, tasks: Sequence[Task] | None, only: Container[str] | None) -> Listing:
    """The images that ``options`` select.

    Args:
        options: which dataset, and how much of it.
        tasks: tasks and classes to read the labels by (none: read no label); found from the data by default.
        only: ids of the images that are wanted; all by default.

    Raises:
        InputError: an option is wrong, or nothing usable was found; the text says what was looked for.
    """
    check_options(options)
    options = recognised(options)
    whole = _with_leftovers(source_of(options.dataset)(options, tasks))
    listing = _limited(with_tasks(whole, options, tasks), options)
    if only is not None:
        listing = listing.take([i for i, identifier in enumerate(listing.ids) if identifier in only])
    return _with_writable_names(_with_remarks(replace(listing, notes=[*listing.notes, *zip_note(options)])))


def _with_leftovers(listing: Listing) -> Listing:
    """With the files of the folder that the source neither used nor skipped."""
    if listing.root is None:
        return listing
    maps = [file for label in listing.labels.values() if isinstance(label, LabelFiles) for file in label.files]
    used = {*listing.files, *filter(None, maps)}
    named = {*used, *(one.name for one in listing.skipped)}
    arrays = any(is_array(PurePosixPath(file)) for file in used)  # they may hold other things than images, too
    more = [
        one
        for one in find_unusable(listing.root)
        if one.name not in named and not (arrays and is_array(PurePosixPath(one.name)))
    ]
    return replace(listing, skipped=[*listing.skipped, *more], notes=[*listing.notes, *passed_over(listing.root)])


def _with_remarks(listing: Listing) -> Listing:
    """With notes on splits that have no image."""
    return replace(listing, notes=[*listing.notes, *split_remarks(listing.splits)])


def split_remarks(splits: Iterable[str]) -> list[str]:
    """Notes on splits that have no image."""
    names = {*splits}
    return [
        f"there are no images for {purpose} (the splits are {', '.join(sorted(names))})"
        for split, purpose in ((TRAIN, "training"), (TEST, "testing"))
        if names and split not in names
    ]


def with_tasks(listing: Listing, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The tasks that are asked for, of a source whose tasks are fixed."""
    if listing.tasks_selected or (tasks is None and options.tasks is None):
        return listing
    wanted = [task.name for task in tasks] if tasks is not None else options.tasks or []
    _require_present(wanted, [task.name for task in listing.tasks], options.dataset)
    restricted = listing.restricted_to(wanted)
    _require_same(restricted.tasks, tasks or (), options.dataset)
    return restricted


def _require_present(wanted: Sequence[str], names: Sequence[str], dataset: str) -> None:
    absent = [name for name in wanted if name not in names]
    if not absent:
        return
    listed = ", ".join(names)
    if absent[0].lower().endswith(RULE_FILES):
        raise InputError(
            f"{param('tasks')} {absent[0]}: dataset '{dataset}' has fixed tasks ({listed}): name some of these"
        )
    raise InputError(
        f"{param('tasks')}: dataset '{dataset}' has no task '{absent[0]}' (it has {listed}): "
        "its layout fixes them; name some of these, or read it as a table"
    )


def _require_same(fixed: Sequence[Task], wanted: Sequence[Task], dataset: str) -> None:
    """Labels are numbers of classes: read by other classes they would mean something else."""
    by_name = {task.name: task for task in fixed}
    for task in wanted:
        own = by_name[task.name]
        if own != task:
            raise InputError(
                f"dataset '{dataset}' has task '{task.name}' as {own.kind} ({own.describe()}), but the fitted method "
                f"knows it as {task.kind} ({task.describe()}): give the images that it was fitted for, or run protect"
            )


def _limited(listing: Listing, options: DataOptions) -> Listing:
    kept = set(range(len(listing)))
    for split, limit in ((TRAIN, options.limit_train), (TEST, options.limit_test)):
        if limit is not None:
            members = [i for i, of_image in enumerate(listing.splits) if of_image == split]
            subset = {members[j] for j in subset_by_hash([listing.ids[i] for i in members], limit)}
            kept -= set(members) - subset
    if _cuts_tests(listing, options):
        listing = replace(listing, more_tests=f"a higher {param('limit_test')}")
    return listing if len(kept) == len(listing) else listing.take(sorted(kept))


def _cuts_tests(listing: Listing, options: DataOptions) -> bool:
    """Whether more test images would be there without a limit; embedded data are listed by it."""
    limit, listed = options.limit_test, listing.splits.count(TEST)
    return limit is not None and (listed > limit or (listing.pixels is not None and listed == limit))


def _with_writable_names(listing: Listing) -> Listing:
    """Without images whose names are not text: a release's table cannot hold them."""
    unwritable = {i for i, file in enumerate(listing.files) if printable(file) != file}
    if not unwritable:
        return listing
    reason = "its name is not UTF-8: rename it"
    skipped = [Skipped(printable(listing.files[i]), reason) for i in sorted(unwritable)]
    kept = listing.take([i for i in range(len(listing)) if i not in unwritable])
    return replace(kept, skipped=[*listing.skipped, *skipped])


def printable(name: str) -> str:
    """A file's name with bytes that are not text written out."""
    return name.encode("utf-8", "backslashreplace").decode()

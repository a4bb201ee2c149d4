"""``mtlue inspect``: what a dataset holds, before anything is done with it."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.parsing.config_file import config_written_out
from mtlue.cli.parsing.flags import flag
from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import options_of
from mtlue.cli.parsing.words import without_options
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.shared.folder import named_source
from mtlue.cli.telling.accounts import print_account, print_cached, print_note
from mtlue.cli.terminal.console import out, say_next, typed
from mtlue.data.files.folders import require_folder
from mtlue.data.files.zipped import given_zip
from mtlue.data.listing import split_counts
from mtlue.data.options import DataOptions
from mtlue.errors import check_least, spoken
from mtlue.faults import listed
from mtlue.jobs.requests.owner import InspectRequest
from mtlue.release.again import release_in
from mtlue.release.layout import OutputFolder
from mtlue.wording import counted, many

if TYPE_CHECKING:
    from mtlue.jobs.inspection.inspect import InspectResult
    from mtlue.jobs.inspection.statistics import Duplicates

_SIZES = 5
_GROUPS = 3
_LISTED = 20
_NAMED, _ALL = 5, 1_000_000
"""Classes that a note names."""


@dataclass(frozen=True)
class InspectOptions:
    """What to show and to write.

    Args:
        sheet: PNG file for a contact sheet: some images of each split, with their labels. It shows clean images.
        sheet_images: images on the sheet.
        classes: classes of a task that are listed at most, half of them the commonest and half the rarest; 0 lists
            all.
    """

    sheet: Path | None = None
    sheet_images: int = 40
    classes: int = 10

    def check(self) -> None:
        """Refuse a number that means nothing."""
        check_least(self, classes=0)


def run(arguments: Sequence[str]) -> int:
    groups = (DataOptions, InspectOptions, RuntimeOptions)
    given = Parser("inspect", __doc__ or "", *groups, words=("data",)).parse(arguments)
    options = given[InspectOptions]
    options.check()
    request = InspectRequest(named_source(given[DataOptions]), options.sheet, options.sheet_images)
    request.examine()
    with heavy_imports():
        from mtlue.cli.telling.glance_table import glance_table, visible_note
        from mtlue.cli.telling.task_table import balance_table, few_note, left_out_classes, rare_notes, task_table
        from mtlue.jobs.inspection.few_tested import few_tested_of
        from mtlue.jobs.inspection.inspect import run_inspect
        from mtlue.jobs.inspection.outlook import few_images
        from mtlue.report.pictures.contact_sheet import write_contact_sheet

        runtime = given[RuntimeOptions].runtime()
    result = run_inspect(request, runtime)
    collection, release = result.collection, _release(request.data)
    print_account(collection.skipped, collection.notes, listed=_LISTED, rest="")
    _print_dataset(result)
    out.print(task_table(result.tasks))
    if any(account.classes for account in result.tasks):
        out.print(balance_table(result.tasks, options.classes))
    if any(left_out_classes(account, options.classes) for account in result.tasks):
        out.print(f"{flag('classes')} 0 lists all classes")
    _print_duplicates(result.duplicates)
    if result.glances:
        out.print("what a linear model reads at a glance, on held-out images:")
        out.print(glance_table(result.glances))
    visible = [one for one in result.glances if one.visible]
    tested = few_tested_of(collection, collection.tasks)
    audited = tested is None or tested.audited
    few = few_images(collection, audited=audited)
    most = _NAMED if options.classes else _ALL
    notes = [
        *([few_note(few)] if few else []),
        *([tested.text] if tested else []),
        *rare_notes(result.tasks, most),
        *([visible_note(visible, most, audited)] if visible else []),
    ]
    print_account((), notes, listed=_LISTED, rest="")
    print_cached(collection)
    if request.sheet is not None:
        write_contact_sheet(collection, request.sheet, request.sheet_images)
        out.print(f"contact sheet: {request.sheet}{'' if release else ' (clean images: keep it to yourself)'}")
    if release is None:
        _say_next(request, arguments, result.unfit)
    else:
        _say_release(request, release)
    return 0


def _release(data: DataOptions) -> Path | None:
    """The release that the images are; None where they are none."""
    return None if data.data is None else release_in(require_folder(data))


def _say_release(request: InspectRequest, release: Path) -> None:
    """Say that the images are a release, and advise to prove it."""
    archive = given_zip(request.data)
    print_note(
        f"{archive or release} is a release that mtlue wrote: its images are protected already, and what is told above "
        "is of these, not of the clean ones"
    )
    both = OutputFolder(release.parent)
    whole = both.release.path.name == release.name and both.private.path.is_dir()
    place = "FOLDER" if archive else typed(both.path if whole else release)
    first = f"unpack {typed(archive)}; " if archive else ""
    say_next(f"{first}mtlue verify {place} proves that every file is as it was written")


def _say_next(request: InspectRequest, arguments: Sequence[str], unfit: str) -> None:
    """Advise ``protect``, as it would be run, or say what is missing for it."""
    if unfit:
        say_next(f"mtlue protect would refuse this: {spoken(unfit, flag)}")
        return
    own = (*(one.flag for one in options_of(InspectOptions)), "seed")  # protect's own seed is drawn, and secret
    words = without_options(config_written_out(arguments), *own)
    say_next(shlex.join(["mtlue", "protect", *words, "--out", "out"]), copied=True)


def _print_dataset(result: InspectResult) -> None:
    collection = result.collection
    splits = split_counts(collection.splits)
    channels, height, width = collection.pipeline.image_shape
    tasks = counted(len(collection.tasks), "task")
    out.print(f"{collection.name}: {many(len(collection.listing), 'image')} ({splits}), {tasks}")
    out.print(f"own sizes: {_sizes(result.sizes)}")
    out.print(f"working size: {width}x{height}, {'grey' if channels == 1 else 'colour'}")


def _sizes(sizes: Counter[tuple[int, int]]) -> str:
    named = [f"{width}x{height} ({count})" for (height, width), count in sizes.most_common()]
    return listed(named, _SIZES)


def _print_duplicates(duplicates: Duplicates) -> None:
    if not duplicates.groups:
        out.print("duplicates: none (no two files hold the same bytes)")
        return
    out.print(
        f"duplicates: {counted(duplicates.superfluous, 'file repeats', 'files repeat')} another's bytes, "
        f"in {counted(len(duplicates.groups), 'group')}; "
        f"{counted(len(duplicates.conflicting), 'group carries', 'groups carry')} different labels"
    )
    conflicting = {group[0] for group in duplicates.conflicting}
    ordered = sorted(duplicates.groups, key=lambda group: group[0] not in conflicting)
    for group in ordered[:_GROUPS]:
        out.print(f"  {listed(group, _LISTED, between=' = ')}")
    if len(ordered) > _GROUPS:
        out.print(f"  and {counted(len(ordered) - _GROUPS, 'more group')}")

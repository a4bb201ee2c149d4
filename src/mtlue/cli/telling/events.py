"""The sentences for a job's events: what the command line prints as soon as something has happened."""

from functools import singledispatch

from rich.filesize import decimal

from mtlue.cli.telling.accounts import print_account, print_note, print_places
from mtlue.cli.telling.differences import shown_bound, shown_difference
from mtlue.cli.telling.fidelity_table import print_fidelity
from mtlue.cli.telling.glance_table import visible_note
from mtlue.cli.telling.task_table import few_note, print_tasks
from mtlue.cli.terminal.console import err, out
from mtlue.data.listing import training_first
from mtlue.durations import duration
from mtlue.jobs.events import (
    CellFailed,
    DataLoaded,
    Event,
    FewImages,
    FewTested,
    FidelityMeasured,
    LearnersPlanned,
    MethodChosen,
    Note,
    PartsRead,
    ReleaseWritten,
    Resumed,
    VisibleAtAGlance,
)
from mtlue.release.layout import OutputFolder
from mtlue.release.shards.manifest import ShardedManifest
from mtlue.wording import counted

_GROWN = 1.5
"""Times the sources' bytes from which a smaller format is named."""
_LONG = 900.0
"""Seconds of learners from which a way to a first look is shown."""
_FEWER = 2000
"""Training images that a first look is advised to take at most."""


@singledispatch
def tell(event: Event) -> None:
    """Print what happened; an event without a sentence is passed over."""


@tell.register
def _(event: Note) -> None:
    print_note(event.text)


@tell.register
def _(event: DataLoaded) -> None:
    """The tasks that will be protected, what was left out and what was noticed."""
    print_tasks(event.collection)


@tell.register
def _(event: FewImages) -> None:
    print_note(few_note(event))


@tell.register
def _(event: FewTested) -> None:
    print_note(event.text)


@tell.register
def _(event: VisibleAtAGlance) -> None:
    print_note(visible_note(event.tasks, audited=event.audited))


@tell.register
def _(event: MethodChosen) -> None:
    err.print(f"method: {event.method}, made for labels per pixel (--method tap uses the generator instead)")


@tell.register
def _(event: Resumed) -> None:
    which = "the" if event.total is None else f"{event.done} of {event.total}"
    err.print(f"going on with {which} {event.what} of an earlier run")


@tell.register
def _(event: LearnersPlanned) -> None:
    done = f", {event.done} of them done" if event.done else ""
    time = "" if event.seconds is None else f": about {duration(event.seconds)} on this machine"
    err.print(f"{counted(event.learners, 'learner')} to train{done}{time}")
    if event.seconds is not None and event.seconds > _LONG:
        few = event.images is not None and event.images <= _FEWER
        fewer = "" if few else f"for fewer images: --limit-train {_FEWER}; "
        err.print(
            f"for a first look in less time: --settings mtl --seeds 1; {fewer}"
            "stopped (Ctrl-C) and started again, it goes on"
        )


@tell.register
def _(event: CellFailed) -> None:
    print_note(f"failed: {event.what}: {event.reason}")


@tell.register
def _(event: PartsRead) -> None:
    print_account(event.skipped, event.notes)


@tell.register
def _(event: FidelityMeasured) -> None:
    print_fidelity(event.fidelity)


@tell.register
def _(event: ReleaseWritten) -> None:
    manifest, released = event.manifest, sum(event.manifest.counts.values())
    counts = ", ".join(f"{manifest.counts[split]} {split}" for split in training_first(manifest.counts))
    size = "their own sizes" if manifest.native else f"{manifest.size[1]}x{manifest.size[0]} pixels"
    same = released - event.changed
    unchanged = f"; {same} of them unchanged" if same else ""
    out.print(f"protected {released} images ({counts}) of {size}{unchanged}")
    _print_proof(event)
    _print_sizes(event)
    print_places(OutputFolder(event.folder), event.store)
    err.print("Protection raises the cost of learning from these images; it does not make that impossible.")


def _print_proof(event: ReleaseWritten) -> None:
    manifest, difference = event.manifest, event.files.difference
    if difference is None:
        out.print(f"{shown_bound(event.largest_change, manifest.epsilon)} (verified on disk)")
        return
    out.print(f"as the files are decoded (verified on disk): {shown_difference(difference)}")
    err.print(
        f"warning: {manifest.format_in_words} is lossy: {event.files.survival:.0%} of the perturbation survives in the "
        f"files, and a pixel differs by up to {event.largest_change} levels instead of {manifest.epsilon:g}"
    )


def _print_sizes(event: ReleaseWritten) -> None:
    files, images = event.files, sum(event.manifest.counts.values())
    at = of = beside = smaller = ""
    if not event.manifest.native and (before := files.resized_from(event.manifest.size)):
        height, width = event.manifest.size
        at, of = f" of {width}x{height} pixels", f" of {before}"
    if files.source_bytes is not None:
        beside = f"; the originals{of}: {_shown_bytes(files.source_bytes, images)}"
        if files.bytes > _GROWN * files.source_bytes and event.manifest.image_format == "png":
            inside = f"{event.manifest.packing}:images=" if isinstance(event.manifest, ShardedManifest) else ""
            smaller = f"; smaller: --format {inside}webp-lossless, or {inside}jpeg with --quality"
    out.print(f"image files{at}: {_shown_bytes(files.bytes, images)}{beside}{smaller}")


def _shown_bytes(total: int, images: int) -> str:
    return f"{decimal(total)} ({decimal(total // images)} per image)"


def tell_applied(event: Event) -> None:
    """As :func:`tell`, without the table of tasks, which ``protect`` has shown."""
    if isinstance(event, DataLoaded):
        print_account(event.collection.skipped, event.collection.notes)
    else:
        tell(event)

"""The sentences for a job's events: what the command line prints as soon as something has happened."""

from functools import singledispatch

from mtlue.cli.accounts import print_account, print_note
from mtlue.cli.console import err, out
from mtlue.cli.fidelity_table import print_fidelity
from mtlue.cli.glance_table import visible_note
from mtlue.cli.task_table import print_tasks
from mtlue.jobs.events import (
    CellFailed,
    DataLoaded,
    Event,
    FewImages,
    FidelityMeasured,
    MethodChosen,
    Note,
    PartsRead,
    ReleaseWritten,
    Resumed,
    VisibleAtAGlance,
)
from mtlue.release.form import LOSSLESS
from mtlue.release.layout import OutputFolder
from mtlue.wording import counted


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
    print_note(
        f"only {counted(event.images, 'training image')}: below {event.enough}, protection is doubtful; let mtlue "
        "audit measure it before you publish"
    )


@tell.register
def _(event: VisibleAtAGlance) -> None:
    print_note(visible_note(event.tasks))


@tell.register
def _(event: MethodChosen) -> None:
    err.print(f"method: {event.method}, made for labels per pixel (--method tap uses the generator instead)")


@tell.register
def _(event: Resumed) -> None:
    counted = "" if event.total is None else f" {event.done} of {event.total}"
    err.print(f"resuming the interrupted run with its{counted} {event.what}")


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
    counts = ", ".join(f"{count} {split}" for split, count in manifest.counts.items())
    size = "their own sizes" if manifest.native else f"{manifest.size[1]}x{manifest.size[0]} pixels"
    same = released - event.changed
    unchanged = f"; {same} of them unchanged" if same else ""
    out.print(f"protected {released} images ({counts}) of {size}{unchanged}")
    _print_proof(event)
    folder = OutputFolder(event.folder)
    out.print(f"publish: {folder.release.path}")
    out.print(f"keep to yourself: {folder.private.path}")
    err.print("Protection raises the cost of learning from these images; it does not make that impossible.")


def _print_proof(event: ReleaseWritten) -> None:
    manifest = event.manifest
    if LOSSLESS[manifest.image_format]:
        out.print(f"largest change: {event.largest_change} of {manifest.epsilon:g} levels allowed (verified on disk)")
        return
    err.print(
        f"warning: {manifest.image_format} is lossy: {event.survival:.0%} of the perturbation survives in the files, "
        f"and a pixel differs by up to {event.largest_change} levels instead of {manifest.epsilon:g}"
    )


def tell_applied(event: Event) -> None:
    """As :func:`tell`, without the table of tasks, which ``protect`` has shown."""
    if isinstance(event, DataLoaded):
        print_account(event.collection.skipped, event.collection.notes)
    else:
        tell(event)

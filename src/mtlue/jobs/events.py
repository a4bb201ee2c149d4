"""What a job tells while it runs, as typed events: each face shows them in its own way. Imports nothing heavy.

A job calls its listener as soon as the thing has happened; the last word is the job's result. To stop a job, raise from
the listener or from its progress: KeyboardInterrupt leaves nothing half-written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from mtlue.data.options import LARGER_SHARE
from mtlue.faults import listed
from mtlue.wording import counted

if TYPE_CHECKING:
    from mtlue.data.listing import Skipped
    from mtlue.data.loading import Collection
    from mtlue.evaluation.probes.glance import Glance
    from mtlue.evaluation.records import Record
    from mtlue.fidelity.record import Fidelity
    from mtlue.jobs.checked import SelfCheck, Verdict
    from mtlue.methods import FitRecord
    from mtlue.release.decoded import WrittenFiles
    from mtlue.release.manifest import Manifest
    from mtlue.release.shards.manifest import ShardedManifest


@dataclass(frozen=True)
class Event:
    """Something that happened in a job."""


_NAMED = 5
"""Tasks that a sentence names."""

Listener: TypeAlias = Callable[[Event], None]
"""What a job calls with each event."""


def ignore(event: Event) -> None:
    """The listener of a caller who needs the result alone."""


@dataclass(frozen=True)
class Note(Event):
    """One line that the user should read, without "note:" before it; it may hold a :func:`mtlue.errors.param`."""

    text: str


@dataclass(frozen=True)
class PartsRead(Event):
    """All parts of a dataset were read, one after another; :class:`DataLoaded` is not told then.

    Attributes:
        skipped: files and rows that could not be used, with reasons.
        notes: what the owner should know.
    """

    skipped: Sequence[Skipped]
    notes: Sequence[str]


@dataclass(frozen=True)
class DataLoaded(Event):
    """Images and labels were read; what was skipped, and what was noticed, is in the collection."""

    collection: Collection


@dataclass(frozen=True)
class FewImages(Event):
    """A method will be fitted on ``images``, fewer than the ``enough`` below which it may protect little.

    Attributes:
        audited: whether an audit could tell how much.
    """

    images: int
    enough: int
    audited: bool = True


@dataclass(frozen=True)
class FewTested(Event):
    """Tasks of which an audit can tell little or nothing, as they have too few test images.

    Attributes:
        images: test images in all.
        unjudged: the tasks, at least one.
        tasks: how many there are with the others.
        enough: test images from which a class counts.
        more: what would give more of them, besides more images.
    """

    images: int
    unjudged: tuple[str, ...]
    tasks: int
    enough: int
    more: str = f"{LARGER_SHARE} where the data name no split"

    @property
    def audited(self) -> bool:
        """Whether an audit can tell something of any task."""
        return len(self.unjudged) < self.tasks

    @property
    def text(self) -> str:
        """What an audit cannot tell, why, and what would help: a clause that holds a :func:`mtlue.errors.param`."""
        of = listed([f"'{name}'" for name in self.unjudged], _NAMED) if self.audited else "any task"
        return (
            f"{self._count}: an audit can tell little or nothing of {of}, whatever its budget, as it needs at least "
            f"{self.enough} test images in each of two classes; {self.remedy}"
        )

    @property
    def no_audit(self) -> str:
        """What stands in place of the advice to let an audit measure a release."""
        return f"an audit could say nothing with {self._count}; {self.remedy}"

    @property
    def remedy(self) -> str:
        """What would help."""
        return f"what would help: more photos, or {self.more}"

    @property
    def _count(self) -> str:
        return counted(self.images, "test image") if self.images else "no test images"


@dataclass(frozen=True)
class VisibleAtAGlance(Event):
    """Tasks that images show at a glance, so that little protection of them is to be expected.

    Attributes:
        audited: whether an audit could tell how much.
    """

    tasks: tuple[Glance, ...]
    audited: bool = True


@dataclass(frozen=True)
class MethodChosen(Event):
    """``auto`` chose another method than the usual one, because of the tasks."""

    method: str


@dataclass(frozen=True)
class Resumed(Event):
    """A job goes on with the work that an earlier run did; ``what`` names that work ("surrogates")."""

    what: str
    done: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Fitted(Event):
    """A method was fitted."""

    method: str
    record: FitRecord


@dataclass(frozen=True)
class SelfCheckStarted(Event):
    """Small learners are trained on what is about to be released.

    Attributes:
        learners: how many.
        training, testing: images that each of them is trained and tested on.
        seconds: that they are expected to take.
    """

    learners: int
    training: int
    testing: int
    seconds: float


@dataclass(frozen=True)
class FitRepeated(Event):
    """A fit leaves tasks learnable, and another one begins with another secret.

    Attributes:
        check: of the fit.
        number: of the one that begins, from 2.
        attempts: how many there are at most.
    """

    check: SelfCheck
    number: int
    attempts: int


@dataclass(frozen=True)
class SelfChecked(Event):
    """What the check says of a release that has been written.

    Attributes:
        few_tested: what an audit could not tell of it; None where it can judge every task.
    """

    verdict: Verdict
    few_tested: FewTested | None = None


@dataclass(frozen=True)
class FidelityMeasured(Event):
    """How far the release looks from the clean images; :class:`ReleaseWritten` follows."""

    fidelity: Fidelity


@dataclass(frozen=True)
class ReleaseWritten(Event):
    """A release and its private part were written, verified and moved to their places in ``folder``.

    Attributes:
        manifest: of the release.
        changed: images that differ from the clean ones.
        largest_change: of a pixel, in levels, as read back from disk.
        files: what the image files take up and keep.
        store: address of the folder that has the release, where ``folder`` has not all of it.
    """

    folder: Path
    manifest: Manifest | ShardedManifest
    changed: int
    largest_change: int
    files: WrittenFiles
    store: str | None = None


@dataclass(frozen=True)
class LearnerStarted(Event):
    """A learner's training begins; ``number`` counts from 1 and includes learners of an earlier, interrupted run."""

    description: str
    number: int
    total: int


@dataclass(frozen=True)
class LearnerFinished(Event):
    """A learner has its record on disk; counted as in :class:`LearnerStarted`."""

    record: Record
    number: int
    total: int


@dataclass(frozen=True)
class LearnersPlanned(Event):
    """What an evaluation will train.

    Attributes:
        learners: in all.
        done: of them, by an interrupted run.
        seconds: that the rest will take: operations counted, at the speed of this machine, measured for two seconds;
            None where they are so few that this is not worth its time.
        images: that each trains on; None where that is not known.
    """

    learners: int
    done: int
    seconds: float | None
    images: int | None = None


@dataclass(frozen=True)
class CellFailed(Event):
    """A cell of a grid, or a dataset of one, has no record, and why; the grid goes on."""

    what: str
    reason: str

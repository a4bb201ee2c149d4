"""What was found in a folder of images, as a page shows it: ``look/found.json``. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.filesize import decimal

from mtlue.durations import duration
from mtlue.files import write_json
from mtlue.structured import read_json_if_there
from mtlue.ui.workspace.workplace import Project

_FILE = "found.json"


@dataclass(frozen=True)
class TaskFound:
    """A task in words and numbers.

    Attributes:
        name: of the task.
        kind: what a label is.
        classes: how many; 0 where a label is not a class.
        labels: images that have one.
        visible: whether any image shows it at a glance, so that it can hardly be hidden.
    """

    name: str
    kind: str
    classes: int
    labels: int
    visible: bool


@dataclass(frozen=True)
class Estimate:
    """What a protection takes.

    Attributes:
        seconds: preset -> of one fit, on this machine; tasks that stay learnable take part in it without their labels.
        bytes: strength -> of the release's image files.
        source_bytes: of the files that there are; None where images have none.
        check: seconds of a fit's check, whatever is protected.
        check_of: task -> seconds more where it is protected.
        surrogates: preset -> share of a fit's time that its surrogates are trained in; none where nobody knows.
    """

    seconds: Mapping[str, float]
    bytes: Mapping[str, int]
    source_bytes: int | None
    check: float = 0.0
    check_of: Mapping[str, float] = field(default_factory=dict)
    surrogates: Mapping[str, float] = field(default_factory=dict)

    def of(self, preset: str, unprotected: Collection[str] = ()) -> float:
        """Seconds of a fit and its check; 0 where nobody knows.

        Args:
            preset: "" where the method has no choice of it.
            unprotected: tasks that stay learnable.
        """
        return self.seconds[preset] + self.check_seconds(unprotected) if preset in self.seconds else 0.0

    def check_seconds(self, unprotected: Collection[str] = ()) -> float:
        """Seconds of the check of a fit alone."""
        return self.check + sum(seconds for task, seconds in self.check_of.items() if task not in unprotected)

    def time(self, preset: str, unprotected: Collection[str] = ()) -> str:
        """The same in words."""
        return duration(self.of(preset, unprotected))

    def size(self, strength: str) -> str:
        return decimal(self.bytes[strength])

    @property
    def source_size(self) -> str | None:
        return None if self.source_bytes is None else decimal(self.source_bytes)

    def times(self, fit: float, check: float, size: float) -> Estimate:
        """The same where a fit, its check and the files take so many times as much."""
        return Estimate(
            {preset: seconds * fit for preset, seconds in self.seconds.items()},
            {strength: round(count * size) for strength, count in self.bytes.items()},
            self.source_bytes,
            self.check * check,
            {task: seconds * check for task, seconds in self.check_of.items()},
            self.surrogates,
        )


OWN_SIZES = "own"
"""Key of the offer that each image keeps its own size."""


@dataclass(frozen=True)
class SizeOffer:
    """A size that images may be released at.

    Attributes:
        height, width: that the perturbation is found at.
        estimate: what a protection takes then.
        native: whether each image is released at its own size.
    """

    height: int
    width: int
    estimate: Estimate
    native: bool = False

    @property
    def key(self) -> str:
        """Its name in a form."""
        return OWN_SIZES if self.native else f"{self.width}x{self.height}"

    @property
    def sides(self) -> tuple[int, int]:
        """(H, W)."""
        return self.height, self.width

    def beside(self, usual: SizeOffer) -> str:
        """What it takes beside the usual size, in words; "" where that is the same."""
        ours, theirs = self.estimate, usual.estimate
        times = [ours.of(preset) / theirs.of(preset) for preset in ours.seconds if theirs.of(preset)]
        sizes = [count / theirs.bytes[strength] for strength, count in ours.bytes.items() if theirs.bytes[strength]]
        said = [
            f"{_share(found[0])} the {what}"
            for what, found in (("time", times), ("disk space", sizes))
            if found and not _NEARLY[0] < found[0] < _NEARLY[1]
        ]
        return f"About {' and '.join(said)}" if said else ""


@dataclass(frozen=True)
class Findings:
    """All that a look found.

    Attributes:
        layout: how the folder is laid out, in words.
        images: how many.
        splits: split -> images.
        height, width: that images are released at.
        sizes: own sizes of the files, in words.
        resized: whether some have another size than that.
        cropped: images whose edges are cut off, as they have another shape.
        offers: the sizes that images may be released at, the usual one among them; none where there is no choice.
        colour: whether images have colour.
        tasks: in the data's order.
        notes: what the owner should know.
        skipped: how many files and rows; the first of them with reasons.
        examples: of what was skipped.
        method: that ``auto`` takes for these tasks.
        presets: the presets that it has; none where there is no choice.
        estimate: what a protection takes.
        doubts: why a protection may not be worth its time, in words.
    """

    layout: str
    images: int
    splits: Mapping[str, int]
    height: int
    width: int
    sizes: str
    resized: bool
    colour: bool
    tasks: list[TaskFound]
    notes: list[str]
    skipped: int
    examples: list[str]
    method: str
    presets: list[str]
    estimate: Estimate
    doubts: list[str] = field(default_factory=list)
    cropped: int = 0
    offers: list[SizeOffer] = field(default_factory=list)

    @property
    def offered(self) -> list[SizeOffer]:
        """The sizes to choose from; of a look that an earlier version took, the usual one and their own."""
        own = SizeOffer(self.height, self.width, self.estimate, native=True)
        return self.offers or ([self.usual, own] if self.resized else [])

    @property
    def usual(self) -> SizeOffer:
        """The size that is taken where nobody chooses."""
        return SizeOffer(self.height, self.width, self.estimate)

    def offer(self, key: str) -> SizeOffer | None:
        """One by its key; None where it is not offered."""
        return next((one for one in (self.usual, *self.offered) if one.key == key), None)

    def write(self, project: Project) -> None:
        write_json(_file(project), asdict(self))


_NEARLY = 0.95, 1.05
"""Times as much that nobody would call more or less."""


def _share(times: float) -> str:
    """So many times as much, before what it is.

    >>> _share(4.02), _share(1.75), _share(0.254)
    ('4 times', '1.8 times', '25 % of')
    """
    if times < 1:
        return f"{times * 100:.0f} % of"
    return f"{times:.0f} times" if times >= 10 else f"{round(times, 1):g} times"


def findings_of(project: Project) -> Findings | None:
    """What was found; None where nothing was, so far."""
    return read_json_if_there(_file(project), Findings, "look at the folder again")


def _file(project: Project) -> Path:
    return project.stage("look").path / _FILE

"""What a page lets people choose, in words, and the options of a job that each choice means. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from mtlue.data.files.folders import locate
from mtlue.data.options import DataOptions
from mtlue.data.sources.placed import check_options
from mtlue.errors import InputError, param
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodOptions
from mtlue.release.form import ReleaseForm
from mtlue.ui.wording.findings import Findings, SizeOffer
from mtlue.ui.workspace.browsing import refuse_links_out
from mtlue.ui.workspace.workplace import Project

Strength = Literal["subtle", "standard", "strong"]
Preset = Literal["fast", "strong"]
Budget = Literal["3m", "10m", "30m", "2h", "8h"]


@dataclass(frozen=True)
class Choice:
    """One of several answers.

    Attributes:
        title: a word or two.
        text: what it means to the one who chooses.
    """

    title: str
    text: str


STRENGTHS: Mapping[Strength, Choice] = {
    "subtle": Choice(
        "Subtle",
        "No pixel changes by more than 4 of 255 levels. Hardest to see; half of what the photos teach may come back.",
    ),
    "standard": Choice(
        "Standard", "At most 8 of 255 levels: what research papers use. Hard to see in detail, a tint on white."
    ),
    "strong": Choice("Strong", "At most 16 of 255 levels. Grain may show in skies and on white; protects most."),
}
LEVELS: Mapping[Strength, float] = {"subtle": 4, "standard": 8, "strong": 16}
"""Epsilon, in levels of 1/255."""
PRESETS: Mapping[Preset, Choice] = {
    "fast": Choice("Quick", "For any computer. Meant for learners that use the images as they are."),
    "strong": Choice(
        "Thorough", "Also fitted against JPEG, grey, blur and resizing. Slow without a graphics card (GPU)."
    ),
}
BUDGETS: Mapping[Budget, Choice] = {
    "3m": Choice("3 minutes", "A glimpse: whether it holds at all, on a small dataset."),
    "10m": Choice("10 minutes", "A first impression: the most telling attacks."),
    "30m": Choice("30 minutes", "Most attacks on a small dataset."),
    "2h": Choice("2 hours", "More attacks, more seeds."),
    "8h": Choice("8 hours", "Overnight: as thorough as one computer gets."),
}
USUAL_BUDGET: Budget = "30m"


def longer(budget: Budget) -> Budget:
    """The next longer one; the longest after itself.

    >>> longer("3m"), longer("8h")
    ('10m', '8h')
    """
    known = list(BUDGETS)
    return known[min(known.index(budget) + 1, len(known) - 1)]


MOST_TESTED = 90
"""Percent of the images that may be kept for testing."""
KINDS = {
    "categorical": "one of several classes",
    "regression": "a number",
    "segmentation": "a class for each pixel",
    "depth": "a depth for each pixel",
    "normals": "a direction for each pixel",
}
"""Kinds of labels in words; those of other packages are called by their names."""
DATASETS = {
    "auto": "found automatically",
    "imagefolder": "folders, one for each class",
    "table": "a table that names the images",
    "filenames": "in the file names",
    "shards": "Parquet files or tars with the images inside",
}


@dataclass(frozen=True)
class LookChoices:
    """How a folder is to be read, where that is not found out.

    Attributes:
        dataset: of :data:`DATASETS`.
        labels: table of labels, below the folder.
        image_column, split_column: of the table.
        pattern: for labels in the names of files.
        test_percent: share of the images kept for testing where the data name no split, 0 to 90.
    """

    dataset: str = "auto"
    labels: str | None = None
    image_column: str | None = None
    split_column: str | None = None
    pattern: str | None = None
    test_percent: int = 20

    def settled(self, by: Mapping[str, str]) -> dict[str, str]:
        """The fields of the form that says the same, but for what one way to settle a question says."""
        given = {**asdict(self), **by}
        return {name: str(value) for name, value in given.items() if value is not None}

    def options(self, folder: Path) -> DataOptions:
        """What a job is asked to read.

        Raises:
            InputError: an unknown layout, or a table outside the folder.
        """
        refuse_links_out(folder)
        if self.dataset not in DATASETS:
            raise InputError(f"{param('dataset')} {self.dataset}: choose one of the list")
        if not 0 <= self.test_percent <= MOST_TESTED:
            raise InputError(f"{param('test_fraction')} {self.test_percent} %: give 0 to {MOST_TESTED} %")
        table = None if self.labels is None else locate(folder, self.labels)[0]
        if self.labels is not None and table is None:
            raise InputError(f"{param('labels')} {self.labels}: there is no such file in the folder of images")
        options = DataOptions(
            dataset=self.dataset,
            data=folder,
            labels=None if table is None else folder / table,
            image_column=self.image_column,
            split_column=self.split_column,
            pattern=self.pattern,
            test_fraction=self.test_percent / 100,
        )
        check_options(options)
        return options


@dataclass(frozen=True)
class ProtectChoices:
    """How images are protected.

    Attributes:
        strength: how far a pixel may change.
        preset: how long the perturbation is looked for; None where the method has no choice of it.
        unprotected: tasks that stay learnable.
        native: whether each image keeps its own size.
        size: (H, W) that the perturbation is found at, and images are released at unless ``native``; None for the usual
            one.
        look: how the folder is read.
    """

    strength: Strength = "standard"
    preset: Preset | None = "fast"
    unprotected: list[str] = field(default_factory=list)
    native: bool = False
    size: tuple[int, int] | None = None
    look: LookChoices = field(default_factory=LookChoices)

    def size_key(self, found: Findings) -> str:
        """Which of the sizes that were found is chosen; the usual one where it is no more offered."""
        height, width = self.size or found.usual.sides
        key = SizeOffer(height, width, found.estimate, self.native).key
        return key if found.offer(key) else found.usual.key

    def request(self, project: Project) -> ProtectRequest:
        """The job. A release that is there is replaced: the page has asked.

        Raises:
            InputError: a choice that means nothing.
        """
        settings: dict[str, Any] = {} if self.preset is None else {"preset": self.preset}
        method = MethodOptions(epsilon=LEVELS[self.strength], unprotected=self.unprotected or None).chosen(settings)
        data, form = self.look.options(project.record.data), ReleaseForm(native=self.native)
        data = replace(data, size=self.size)
        return ProtectRequest(data, project.out.path, overwrite=True, form=form, method=method)


@dataclass(frozen=True)
class AuditChoices:
    """How long a release is attacked."""

    budget: Budget = USUAL_BUDGET

    def request(self, project: Project) -> AuditRequest:
        """The job, on the images that the release was made from."""
        plan = AuditOptions(budget=self.budget).plan()
        return AuditRequest.of(project.out.path, {}, plan, processes=None)

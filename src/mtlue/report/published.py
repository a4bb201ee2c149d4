"""Figures that the paper states, to stand beside ours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files

from mtlue.structured import read_yaml

PAPER_EPSILON = 8.0
"""Levels of 255."""


@dataclass(frozen=True)
class Figure:
    """One published score, the mean over a dataset's tasks.

    Attributes:
        source: paper and place.
        tasks: how many the score is a mean over.
        method: our name of it; None where the source does not say which one it is.
        setting, backbone: of the learner; None where the source does not say.
        value: 0..1.
        note: what the source leaves open.
    """

    source: str
    tasks: int
    dataset: str
    metric: str
    value: float
    method: str | None = None
    setting: str | None = None
    backbone: str | None = None
    note: str = ""


@dataclass(frozen=True)
class _Published:
    """What ``published.yaml`` holds: figures name their source and note by a key."""

    sources: dict[str, str]
    notes: dict[str, str]
    figures: list[Figure]

    def written_out(self, figure: Figure) -> Figure:
        return replace(figure, source=self.sources[figure.source], note=self.notes[figure.note] if figure.note else "")


def published_figures() -> tuple[Figure, ...]:
    """Every figure of ``published.yaml``."""
    with as_file(files("mtlue.report") / "published.yaml") as path:
        published = read_yaml(path, _Published, "install mtlue again", exact=True)
    return tuple(map(published.written_out, published.figures))


def find_figure(
    figures: Iterable[Figure], dataset: str, method: str, setting: str, backbone: str, metric: str
) -> Figure | None:
    """The figure of exactly this experiment; one that leaves a part of it open matches nothing."""
    wanted = (dataset, method, setting, backbone, metric)
    return next(
        (each for each in figures if (each.dataset, each.method, each.setting, each.backbone, each.metric) == wanted),
        None,
    )

"""Scores that the paper states, to stand next to ours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import as_file, files

from mtlue.structured import read_yaml

PAPER_EPSILON = 8.0
"""In 1/255."""


@dataclass(frozen=True)
class PublishedScore:
    """One published score, the mean over a dataset's tasks.

    Attributes:
        source: paper and place.
        tasks: how many the score is a mean over.
        dataset: our name of it.
        metric: our name of it.
        value: 0..1.
        method: our name of it; None where the source does not say which one it is.
        setting, backbone: of the learner; None where the source does not say.
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
class _PublishedFile:
    """What ``published.yaml`` holds: scores name their source and note by a key."""

    sources: dict[str, str]
    notes: dict[str, str]
    scores: list[PublishedScore]

    def written_out(self, score: PublishedScore) -> PublishedScore:
        return replace(score, source=self.sources[score.source], note=self.notes[score.note] if score.note else "")


def published_scores() -> tuple[PublishedScore, ...]:
    """Every score of ``published.yaml``."""
    with as_file(files("mtlue.report.records") / "published.yaml") as path:
        published = read_yaml(path, _PublishedFile, "install mtlue again", exact=True)
    return tuple(map(published.written_out, published.scores))


def find_published(
    scores: Iterable[PublishedScore], dataset: str, method: str, setting: str, backbone: str, metric: str
) -> PublishedScore | None:
    """The score of exactly this experiment; one that leaves a part of it open matches nothing."""
    wanted = (dataset, method, setting, backbone, metric)
    for score in scores:
        if (score.dataset, score.method, score.setting, score.backbone, score.metric) == wanted:
            return score
    return None

"""``mtlue analyse``, from disk to disk: how learners on clean images and on several releases see each class."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from mtlue.bounds import LEVELS
from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.dataset import subset_by_hash
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.features import LearnerSpreads, class_spreads, extract_features, left_out, mean_and_largest
from mtlue.evaluation.plan import EvaluationPlan
from mtlue.evaluation.protocol import train_learner
from mtlue.evaluation.records import installed_versions
from mtlue.files import named_errors, write_json
from mtlue.jobs.evaluate import read_audit_data
from mtlue.runtime import Runtime

ANALYSIS = "analysis.json"
CLEAN = "clean"
MOST_SHOWN = 20_000
"""Images of the figure: t-SNE takes minutes for them."""


@dataclass(frozen=True)
class TrainingImages:
    """One kind of training images; method, epsilon (in levels) and folder of the release, None on clean images."""

    name: str
    images: ArrayDataset
    method: str | None = None
    epsilon: float | None = None
    folder: Path | None = None


@dataclass(frozen=True)
class Comparison:
    """Clean images and releases of the same ids, in that order, and what a learner sees of them."""

    dataset: str
    pipeline: Pipeline
    kinds: tuple[TrainingImages, ...]


@dataclass(frozen=True)
class Analysis:
    """What was measured.

    Attributes:
        learners: one a seed and kind of images.
        left_out: tasks and classes that have no spread, each with its reason.
        shown: the images of the figure; their labels colour it.
        features: kind of images -> features [P, 256] of these images, by the first seed's learner.
    """

    learners: tuple[LearnerSpreads, ...]
    left_out: tuple[str, ...]
    shown: ArrayDataset
    features: dict[str, Tensor]

    def shown_spreads(self) -> dict[str, dict[str, float]]:
        """Kind of images -> task -> mean relative spread, by the learners whose features are shown."""
        first = [learner for learner in self.learners if learner.seed == self.learners[0].seed]
        return {
            learner.images: {its.task: mean_and_largest(learner.classes, its.task)[0] for its in learner.classes}
            for learner in first
        }


def run_analyse(
    data: DataOptions, protected: Sequence[Path], out: Path, plan: EvaluationPlan, shown: int, runtime: Runtime
) -> Analysis:
    """Measure how far apart the features of learners lie inside each class of their own training images.

    Args:
        data: where the clean images are.
        protected: folders that ``protect`` wrote, of the same images.
        out: folder for ``analysis.json``, which is written whole after every learner.
        plan: backbone, recipe, seeds and weighting of the learners; each learns all tasks at once.
        shown: images of the figure, chosen by the hash of their id.
    """
    if not 2 <= shown <= MOST_SHOWN:
        raise InputError(f"--plot-images {shown}: give 2 to {MOST_SHOWN}")
    with named_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    comparison = read_comparison(data, protected, runtime)
    clean = comparison.kinds[0].images
    unmeasured = left_out(clean)
    positions = subset_by_hash(clean.ids, shown)
    learners: list[LearnerSpreads] = []
    features: dict[str, Tensor] = {}
    for learner, its_features in analyse(comparison, plan, runtime):
        learners.append(learner)
        features.setdefault(learner.images, its_features[positions])
        write_json(out / ANALYSIS, _to_json(comparison, plan, shown, learners, unmeasured))
    return Analysis(tuple(learners), tuple(unmeasured), clean.take(positions), features)


def read_comparison(data: DataOptions, protected: Sequence[Path], runtime: Runtime) -> Comparison:
    """Clean images and the releases in ``protected``, every image checked against its hash and epsilon.

    Raises:
        InputError: no release is given, one is given twice, or they hold other images or tasks or another size.
    """
    if not protected:
        raise InputError("--protected names no release: give one folder or more that protect wrote")
    repeated = [folder for folder, count in Counter(map(Path.resolve, protected)).items() if count > 1]
    if repeated:
        raise InputError(f"--protected names {repeated[0]} twice: give each release once")
    audits = [read_audit_data(data, folder, runtime) for folder in protected]
    for folder, audit in zip(protected[1:], audits[1:], strict=True):
        _check_comparable(audits[0], protected[0], audit, folder)
    names = _distinct([audit.method for audit in audits], protected)
    kinds = [
        TrainingImages(name, audit.protected, audit.method, round(audit.epsilon * LEVELS, 6), folder)
        for name, audit, folder in zip(names, audits, protected, strict=True)
    ]
    return Comparison(audits[0].name, audits[0].pipeline, (TrainingImages(CLEAN, audits[0].clean), *kinds))


def _distinct(methods: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """Releases by method; those of one method by method and folder, too."""
    paths = [folder.resolve() for folder in folders]
    shortest = [path.name for path in paths] if len({path.name for path in paths}) == len(paths) else map(str, paths)
    count = Counter(methods)
    return [
        method if count[method] == 1 else f"{method} ({folder})"
        for method, folder in zip(methods, shortest, strict=True)
    ]


def _check_comparable(first: AuditData, its_folder: Path, other: AuditData, folder: Path) -> None:
    for what, one, another in (
        ("training images", first.clean.ids, other.clean.ids),
        ("tasks", first.clean.tasks, other.clean.tasks),
        ("size or crop", first.pipeline, other.pipeline),
    ):
        if one != another:
            raise InputError(
                f"{folder} and {its_folder} differ in their {what}: give releases that protect made of one dataset "
                "with the same data options"
            )


def analyse(comparison: Comparison, plan: EvaluationPlan, runtime: Runtime) -> Iterator[tuple[LearnerSpreads, Tensor]]:
    """Train one multi-task learner a seed on each kind of images, as ``evaluate`` does, and look at what it learned.

    Yields:
        The learner's spreads, and the features [N, 256] of its training images.
    """
    for learner in replace(plan, settings=("mtl",)).learners(comparison.kinds[0].images.tasks):
        for kind in comparison.kinds:
            trained = train_learner(learner, kind.images, comparison.pipeline, runtime, kind.name)
            features = extract_features(trained.model, kind.images, comparison.pipeline, runtime)
            yield LearnerSpreads(kind.name, learner.seed, tuple(class_spreads(features, kind.images))), features


def _to_json(
    comparison: Comparison,
    plan: EvaluationPlan,
    shown: int,
    learners: Sequence[LearnerSpreads],
    unmeasured: Sequence[str],
) -> dict[str, Any]:
    kinds = {
        kind.name: {"method": kind.method, "epsilon": kind.epsilon, "folder": kind.folder and str(kind.folder)}
        for kind in comparison.kinds
    }
    return {
        "dataset": comparison.dataset,
        "images": kinds,
        "train_images": len(comparison.kinds[0].images),
        "backbone": plan.learner.backbone,
        "weighting": plan.learner.weighting,
        "recipe": plan.learner.recipe.to_json(),
        "seeds": list(plan.seeds),
        "plot_images": shown,
        "left_out": list(unmeasured),
        "tasks": [row for learner in learners for row in _task_rows(learner)],
        "classes": [
            {"images": learner.images, "seed": learner.seed, **asdict(its)}
            for learner in learners
            for its in learner.classes
        ],
        "versions": installed_versions(),
    }


def _task_rows(learner: LearnerSpreads) -> Iterator[dict[str, Any]]:
    """Mean and largest over each task's classes."""
    for task in dict.fromkeys(its.task for its in learner.classes):
        mean, largest = mean_and_largest(learner.classes, task)
        spreads = [its.spread for its in learner.classes if its.task == task]
        yield {
            "images": learner.images,
            "seed": learner.seed,
            "task": task,
            "mean_relative": mean,
            "largest_relative": largest,
            "mean_spread": sum(spreads) / len(spreads),
            "largest_spread": max(spreads),
        }

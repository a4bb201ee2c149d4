"""``analyse``, from disk to disk: how learners on clean images and on several releases see each class."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset, Pipeline
from mtlue.data.dataset import subset_by_hash
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.attacker import Attacker
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.keys import learner_key
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.learners.protocol import train_learner
from mtlue.evaluation.learners.treatments import untreated
from mtlue.evaluation.probes.features import LearnerSpreads, class_spreads, extract_features, left_out, mean_and_largest
from mtlue.evaluation.records import installed_versions
from mtlue.files import write_json
from mtlue.jobs.events import LearnerStarted, Listener, ignore
from mtlue.jobs.learners.analysis_file import ANALYSIS, refuse_other_analysis
from mtlue.jobs.learners.measurements import Measurement, measurement_cells
from mtlue.jobs.learners.reading import read_audit_data, release_identity
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.auditor import AnalyseRequest
from mtlue.methods.surrogates import fingerprint
from mtlue.progress import ProgressOf
from mtlue.runtime import Runtime

CLEAN = "clean"


@dataclass(frozen=True)
class TrainingImages:
    """One kind of training images; method, epsilon (in levels), folder and identity of the release, None of others."""

    name: str
    images: ArrayDataset
    method: str | None = None
    epsilon: float | None = None
    folder: Path | None = None
    release: str | None = None


@dataclass(frozen=True)
class ComparedImages:
    """Clean images and releases of the same ids, in that order, and what a learner sees of them."""

    dataset: str
    pipeline: Pipeline
    kinds: tuple[TrainingImages, ...]


@dataclass(frozen=True)
class Analysis:
    """What was measured.

    Attributes:
        learners: one per seed and kind of images.
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
            learner.images: {one.task: mean_and_largest(learner.classes, one.task)[0] for one in learner.classes}
            for learner in first
        }


def run_analyse(request: AnalyseRequest, runtime: Runtime, tell: Listener = ignore) -> Analysis:
    """Measure how far apart the features of learners lie inside each class of their own training images.

    ``analysis.json`` is written whole after every learner. Killed, and run again, the job goes on with the learners
    that it has measured.

    Args:
        request: what is asked for.
        runtime: device, precision and progress.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    folder = RunFolder(request.out)
    refuse_other_analysis(request)
    folder.create()
    comparison = read_compared_images(request.data, request.protected, runtime)
    return _Measuring(comparison, request, folder, runtime, tell).run()


class _Measuring:
    """The learners of one analysis, each with the images that it is trained on."""

    def __init__(
        self, comparison: ComparedImages, request: AnalyseRequest, folder: RunFolder, runtime: Runtime, tell: Listener
    ) -> None:
        clean = comparison.kinds[0].images
        self._comparison = comparison
        self._request = request
        self._runtime = runtime
        self._tell = tell
        self._left_out = tuple(left_out(clean))
        self._shown = subset_by_hash(clean.ids, request.shown)
        self._trainings = list(_trainings(comparison, request.plan))
        self._cells = measurement_cells(folder)
        self._keys = self._keys_of_trainings()

    def run(self) -> Analysis:
        self._cells.count_done(self._keys, self._tell)
        for _ in self._cells.work_through(self._keys, self._measure):
            self._write()
        learners, clean = self._write(), self._comparison.kinds[0].images
        return Analysis(learners, self._left_out, clean.take(self._shown), self._features())

    def _keys_of_trainings(self) -> list[str]:
        """One for each learner and kind of images, which says everything that decides the measurement."""
        images = {kind.name: fingerprint(kind.images) for kind in self._comparison.kinds}
        view = (self._comparison.pipeline.to_json(), self._runtime.precision, self._request.shown)
        return [
            experiment_key("analyse", images[kind.name], learner_key(learner), *view)
            for learner, kind in self._trainings
        ]

    def _measure(self, position: int) -> Measurement:
        learner, kind = self._trainings[position]
        described = f"{learner.name} on {kind.name}, seed {learner.seed}"
        self._tell(LearnerStarted(described, position + 1, len(self._keys)))
        return measure_learner(kind, learner, self._comparison.pipeline, self._shown, self._runtime)

    def _write(self) -> tuple[LearnerSpreads, ...]:
        """Write ``analysis.json`` from the measurements that exist already."""
        learners = tuple(
            LearnerSpreads(kind.name, learner.seed, self._cells.result(key).classes)
            for key, (learner, kind) in zip(self._keys, self._trainings, strict=True)
            if self._cells.has(key)
        )
        write_json(self._request.out / ANALYSIS, _to_json(self._comparison, self._request, learners, self._left_out))
        return learners

    def _features(self) -> dict[str, Tensor]:
        """Kind of images -> features of the shown images by the first seed's learner, which comes first."""
        features: dict[str, Tensor] = {}
        for key, (_, kind) in zip(self._keys, self._trainings, strict=True):
            if kind.name not in features:
                features[kind.name] = self._cells.result(key).features
        return features


def read_compared_images(data: DataOptions, protected: Sequence[Path], runtime: Runtime) -> ComparedImages:
    """Clean images and the releases in ``protected``, every image checked against its hash and epsilon.

    Raises:
        InputError: the releases hold other images or tasks, or have another size.
    """
    audits = [read_audit_data(data, folder, _naming(folder, runtime, len(protected))) for folder in protected]
    for folder, audit in zip(protected[1:], audits[1:], strict=True):
        _check_comparable(audits[0], protected[0], audit, folder)
    names = _distinct([audit.method for audit in audits], protected)
    kinds = [
        TrainingImages(name, audit.protected, audit.method, to_levels(audit.epsilon), folder, release_identity(folder))
        for name, audit, folder in zip(names, audits, protected, strict=True)
    ]
    return ComparedImages(audits[0].name, audits[0].pipeline, (TrainingImages(CLEAN, audits[0].clean), *kinds))


def _naming(folder: Path, runtime: Runtime, releases: int) -> Runtime:
    """A runtime whose progress says which of several releases is read."""
    return runtime if releases == 1 else runtime.replace(progress=ProgressOf(runtime.progress, str(folder)))


def measure_learner(
    kind: TrainingImages, learner: Learner, pipeline: Pipeline, positions: Sequence[int], runtime: Runtime
) -> Measurement:
    """Train a learner on one kind of images, as ``evaluate`` does, and look at what it learned.

    Args:
        pipeline: what it sees of them.
        positions: images whose features are kept.
    """
    images = untreated(Attacker(kind.images, pipeline, runtime))
    trained = train_learner(learner, images, runtime, kind.name)
    features = extract_features(trained.model, kind.images, pipeline, runtime)
    return Measurement(tuple(class_spreads(features, kind.images)), features[list(positions)])


def _trainings(comparison: ComparedImages, plan: EvaluationPlan) -> Iterator[tuple[Learner, TrainingImages]]:
    """One multi-task learner per seed and kind of images."""
    for learner in replace(plan, settings=("mtl",)).learners(comparison.kinds[0].images.tasks):
        yield from ((learner, kind) for kind in comparison.kinds)


def _distinct(methods: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """Releases by method; those of one method by method and folder, too."""
    paths = [folder.resolve() for folder in folders]
    shortest = [path.name for path in paths] if len({path.name for path in paths}) == len(paths) else map(str, paths)
    count = Counter(methods)
    return [
        method if count[method] == 1 else f"{method} ({folder})"
        for method, folder in zip(methods, shortest, strict=True)
    ]


def _check_comparable(first: ComparisonData, first_folder: Path, other: ComparisonData, folder: Path) -> None:
    for what, one, another in (
        ("training images", first.clean.ids, other.clean.ids),
        ("tasks", first.clean.tasks, other.clean.tasks),
        ("size or crop", first.pipeline, other.pipeline),
    ):
        if one != another:
            raise InputError(
                f"{folder} and {first_folder} differ in their {what}: give releases that protect made of one dataset "
                "with the same data options"
            )


def _to_json(
    comparison: ComparedImages, request: AnalyseRequest, learners: Sequence[LearnerSpreads], unmeasured: Sequence[str]
) -> dict[str, Any]:
    kinds = {
        kind.name: {
            "method": kind.method,
            "epsilon": kind.epsilon,
            "folder": kind.folder and str(kind.folder),
            "release": kind.release,
        }
        for kind in comparison.kinds
    }
    plan = request.plan
    return {
        "dataset": comparison.dataset,
        "images": kinds,
        "train_images": len(comparison.kinds[0].images),
        "backbone": plan.learner.backbone,
        "init": plan.learner.init,
        "trainable": plan.learner.trainable,
        "weighting": plan.learner.weighting,
        "recipe": plan.learner.recipe.to_json(),
        "seeds": list(plan.seeds),
        "plot_images": request.shown,
        "left_out": list(unmeasured),
        "tasks": [row for learner in learners for row in _task_rows(learner)],
        "classes": [
            {"images": learner.images, "seed": learner.seed, **asdict(one)}
            for learner in learners
            for one in learner.classes
        ],
        "versions": installed_versions(),
    }


def _task_rows(learner: LearnerSpreads) -> Iterator[dict[str, Any]]:
    """Mean and largest over each task's classes."""
    for task in dict.fromkeys(one.task for one in learner.classes):
        mean, largest = mean_and_largest(learner.classes, task)
        spreads = [one.spread for one in learner.classes if one.task == task]
        yield {
            "images": learner.images,
            "seed": learner.seed,
            "task": task,
            "mean_relative": mean,
            "largest_relative": largest,
            "mean_spread": sum(spreads) / len(spreads),
            "largest_spread": max(spreads),
        }

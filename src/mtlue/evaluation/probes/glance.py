"""What images show at a glance: which tasks a linear model reads from mean colours, or from a tiny grey thumbnail.

A learner may take up what lies so open before it takes up a perturbation. Both probes together take a second or two,
before anything is fitted or published.

**The threshold.** A task that has classes is scored by the area under the ROC curve (each class against all others):
unlike balanced accuracy it can be compared between two classes and forty, and between common and rare ones. From 0.9
on, four fifths of the way from chance to perfect, a task is called visible at a glance; a number is from half the
trivial predictor's error down. The threshold was chosen on five datasets; of CelebA's forty tasks four are visible, and
they were protected less than the others (benchmarks/NOTES.md). It is a warning, not a forecast.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import torch
import torch.nn.functional as F
from torch import Tensor

from mtlue.bounds import to_float
from mtlue.data import ArrayDataset
from mtlue.evaluation.learners.testing import Terms, trivial_test
from mtlue.evaluation.probes.readout import fit_readout
from mtlue.evaluation.recoveries.recovery import recovered
from mtlue.progress import Progress, Silent
from mtlue.tasks import Labels, Task, image_tasks

RANKING = "auc"
"""The metric of tasks that have it; others have their headline metric."""
VISIBLE_RANKING = 0.8
VISIBLE = 0.5
"""The share of the way from the trivial predictor to perfect from which on a task is visible at a glance."""
FEWEST = 10
"""Held-out images that each of two classes needs, or a task without classes: with fewer, a score is chance."""
AT_ONCE = 16
"""Images that are probed at once: as numbers of four bytes they are many times as large as they are stored."""
SIDE = 8
"""Pixels of a thumbnail's side."""


@dataclass(frozen=True)
class Glance:
    """How well a task is read at a glance.

    Attributes:
        task: its name.
        metric: what the scores are.
        scores: of each probe, on held-out images.
        trivial: score of the best predictor that never looks at an image.
        higher_is_better: for the metric.
    """

    task: str
    metric: str
    scores: Mapping[str, float]
    trivial: float
    higher_is_better: bool

    @property
    def probe(self) -> str:
        """The probe that reads it best."""
        return max(self.scores, key=lambda probe: self._share(self.scores[probe]))

    @property
    def score(self) -> float:
        """The best probe's."""
        return self.scores[self.probe]

    @property
    def share(self) -> float:
        """How much of the way from the trivial predictor to perfect (1; where lower is better, 0) the best probe goes.

        NaN where the trivial predictor is perfect.
        """
        return self._share(self.score)

    @property
    def visible(self) -> bool:
        """Whether it is so much that little protection is to be expected."""
        return self.share >= (VISIBLE_RANKING if self.metric == RANKING else VISIBLE)

    def _share(self, score: float) -> float:
        return recovered(score, float(self.higher_is_better), self.trivial, self.higher_is_better)


def glance(training: ArrayDataset, held_out: ArrayDataset, progress: Progress | None = None) -> list[Glance]:
    """Read every task from mean colours and from thumbnails.

    Images are read batch by batch, and all that is kept of each is some two hundred numbers: give a few thousand.

    Args:
        training: what the probes are fitted on; tasks with one label per image.
        held_out: what they are scored on. Classes count as in evaluation (:meth:`mtlue.tasks.Scoring.uncounted`).
        progress: where the reading of images is reported to.

    Returns:
        The tasks that have enough held-out images, in their order.

    Raises:
        InputError: a task has a label per pixel.
    """
    image_tasks(training.tasks, "a glance")
    seen, labels = ({task.name: part.labels[task.name][:] for task in training.tasks} for part in (training, held_out))
    tasks = [task for task in training.tasks if _measurable(task, seen[task.name], labels[task.name])]
    if not tasks:
        return []
    terms = Terms(len(held_out), {task.name: task.counts(labels[task.name]) for task in tasks})
    predictions = {
        probe: fit_readout(learned, seen, tasks)(tested)
        for probe, (learned, tested) in _probed(training, held_out, progress or Silent()).items()
    }
    return [
        _scored(task, {name: own[task.name] for name, own in predictions.items()}, seen, labels, terms)
        for task in tasks
    ]


def mean_colours(images: Tensor) -> Tensor:
    """Mean and standard deviation of each channel, in the whole image, its central half and its outer eighth.

    Args:
        images: uint8 [B, C, H, W].

    Returns:
        These 6 C numbers, and all products of two of them: float [B, 27] of one channel, [B, 189] of three.
    """
    pixels = to_float(images)
    height, width = pixels.shape[2:]
    centre = pixels[:, :, height // 4 : height - height // 4, width // 4 : width - width // 4]
    border = torch.ones(height, width, dtype=torch.bool)
    border[height // 8 : height - height // 8, width // 8 : width - width // 8] = False
    areas = (pixels.flatten(2), centre.flatten(2), pixels[:, :, border])
    plain = torch.cat([part for area in areas for part in (area.mean(2), area.std(2, unbiased=False))], 1)
    first, second = torch.triu_indices(plain.shape[1], plain.shape[1])
    return torch.cat([plain, plain[:, first] * plain[:, second]], 1)


def thumbnail(images: Tensor) -> Tensor:
    """Grey means over 8x8 cells, for silhouettes: uint8 [B, C, H, W] -> float [B, 64]."""
    return F.adaptive_avg_pool2d(to_float(images).mean(1, keepdim=True), SIDE).flatten(1)


PROBES: Mapping[str, Callable[[Tensor], Tensor]] = {"mean colours": mean_colours, "8x8 thumbnail": thumbnail}


def _measurable(task: Task, seen: Tensor, labels: Tensor) -> bool:
    """Whether there is anything to learn from, and enough to be scored on."""
    if bool(task.unlabelled(seen).all()):
        return False
    counts = task.counts(labels)
    if counts:
        return sum(count >= FEWEST for count in counts.values()) > 1
    return int((~task.unlabelled(labels)).sum()) >= FEWEST


def _probed(training: ArrayDataset, held_out: ArrayDataset, progress: Progress) -> dict[str, tuple[Tensor, Tensor]]:
    """What each probe sees of training and of held-out images."""
    found: dict[str, list[Tensor]] = {probe: [] for probe in PROBES}
    steps = sum(math.ceil(len(part) / AT_ONCE) for part in (training, held_out))
    batches = chain(training.batches(AT_ONCE), held_out.batches(AT_ONCE))
    for batch in progress.track(batches, "looking at what shows at a glance", steps):
        for probe, of in PROBES.items():
            found[probe].append(of(batch.images))
    sizes = [len(training), len(held_out)]
    both = {probe: torch.cat(parts).split(sizes) for probe, parts in found.items()}
    return {probe: (learned, tested) for probe, (learned, tested) in both.items()}


def _scored(task: Task, predictions: Labels, seen: Labels, labels: Labels, terms: Terms) -> Glance:
    """One task; predictions by probe."""
    metric = RANKING if RANKING in task.metrics else task.headline
    trivial = trivial_test(task, seen[task.name], labels[task.name], terms).scores[metric]
    scores = {}
    for probe, prediction in predictions.items():
        test = terms.test(task)
        test.update(prediction, labels[task.name])
        scores[probe] = test.scores()[metric]
    return Glance(task.name, metric, scores, trivial, task.metrics[metric])

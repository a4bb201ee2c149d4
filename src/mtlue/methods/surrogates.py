"""A base method's surrogates: checkpoints of a clean training, kept and shared."""

import copy
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mtlue.arrays.mapped_array import chunks
from mtlue.data import ArrayDataset, Pipeline
from mtlue.errors import param
from mtlue.files import named_errors, write_json
from mtlue.methods.class_balance import ClassBalance
from mtlue.methods.config import ResolvedSettings
from mtlue.methods.objectives import OBJECTIVES, SurrogatePlan
from mtlue.methods.views import ViewSampler
from mtlue.methods.weights import check_weights, read_weights, write_weights
from mtlue.methods.work import FitPart, FitSize
from mtlue.models import MultiTaskModel
from mtlue.models.cost import learner_flops
from mtlue.models.placing import placed
from mtlue.runtime import Runtime
from mtlue.structured import read_json, refusing
from mtlue.training import EpochRecord, Recipe, train
from mtlue.training.recipe import shortened

Curve = list[float]
HISTORY = "loss.json"
TRAINING = "surrogate training"
_FOLDER = "surrogates"
_DAMAGED = "delete its folder, and the surrogates will be trained again"


class Surrogates:
    """Trains the surrogates that a plan asks for on one dataset.

    Clean trainings are kept in a folder, if there is one, and loaded from it by every fit that needs the same (same
    images, labels, views, recipe and seed), so that TAP and SEP, sample-wise or generated, train once. Commands that
    need one at the same time train it once, too: one does, and the others wait for it.

    Args:
        config: backbone and recipe.
        dataset: what they learn.
        pipeline: the views that they see.
        runtime: device, seed and progress.
        shared: the folder that several fits share; None keeps nothing.
    """

    def __init__(
        self,
        config: ResolvedSettings,
        dataset: ArrayDataset,
        pipeline: Pipeline,
        runtime: Runtime,
        shared: Path | None = None,
    ) -> None:
        self._config = config
        self._dataset = dataset
        self._pipeline = pipeline
        self._runtime = runtime
        self._shared = shared

    def fresh(self) -> MultiTaskModel:
        """An untrained surrogate; the same weights every time."""
        images = self._dataset.images
        view_size = self._pipeline.crop or (images.shape[2], images.shape[3])
        with self._runtime.stage(TRAINING), self._runtime.isolated_randomness("surrogate weights"):
            model = MultiTaskModel(self._config.surrogate, self._dataset.tasks, images.shape[1], view_size)
        return placed(model, self._runtime.device)

    def checkpoints(self, plan: SurrogatePlan) -> tuple[list[MultiTaskModel], Curve]:
        """Frozen copies from one clean training at the plan's shares of it, and its loss, one number per epoch.

        Raises:
            InputError: what the shared folder holds is damaged, or the training diverged.
        """
        recipe = self._config.surrogate_recipe.for_images(len(self._dataset))
        wanted = _epochs(plan, recipe)
        folder = self._shared_folder(recipe)
        if folder is None:
            kept: list[MultiTaskModel] = []
            loss = self._train(recipe, set(wanted), lambda _, model: kept.append(_frozen(copy.deepcopy(model))))
            return kept, loss
        if not self._are_there(folder, wanted):
            with self._claimed(folder):
                if not self._are_there(folder, wanted):  # another command may have trained them meanwhile
                    self._train_into(folder, recipe, set(wanted))
        self._runtime.agreed(None)  # the first process has written them
        loss = read_json(folder / HISTORY, list[float], _DAMAGED)
        return [self._loaded(_file(folder, epoch)) for epoch in wanted], loss

    def are_kept(self, plan: SurrogatePlan) -> bool:
        """Whether the shared folder holds what :meth:`checkpoints` would train."""
        if self._shared is None or not (self._shared / _FOLDER).is_dir():
            return False  # known without a look at the images
        recipe = self._config.surrogate_recipe.for_images(len(self._dataset))
        folder = self._shared_folder(recipe)
        return folder is not None and self._are_there(folder, _epochs(plan, recipe))

    def _are_there(self, folder: Path, epochs: Iterable[int]) -> bool:
        """Whether all checkpoints are kept already, as the first process of this command sees it."""
        files = (folder / HISTORY, *(_file(folder, epoch) for epoch in epochs))
        return self._runtime.agreed(all(file.is_file() for file in files))

    @contextmanager
    def _claimed(self, folder: Path) -> Iterator[None]:
        """Train alone for a shared folder; where another command does, wait for its result."""
        if self._runtime.rank > 0:  # the first process claims it for all of this command
            yield
            return
        with named_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder.with_suffix(".lock"))
            try:
                lock.acquire(timeout=0)
            except Timeout:
                self._runtime.progress.note("waiting: another process trains the same surrogate")
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _train_into(self, folder: Path, recipe: Recipe, wanted: set[int]) -> None:
        """Train, and write what any objective asks for, one checkpoint in memory at a time; the loss comes last."""
        everyones = {epoch for objective in OBJECTIVES.values() for epoch in _epochs(objective.plan, recipe)}

        def write(epoch: int, model: MultiTaskModel) -> None:
            if self._runtime.rank == 0:
                write_weights(_file(folder, epoch), model.state_dict())

        loss = self._train(recipe, everyones | wanted, write)
        if self._runtime.rank == 0:
            write_json(folder / HISTORY, loss)

    def _train(self, recipe: Recipe, wanted: set[int], keep: Callable[[int, MultiTaskModel], None]) -> Curve:
        """Train a fresh surrogate; ``keep`` is given it after each of the ``wanted`` epochs. Returns its loss."""

        def after_epoch(epoch: EpochRecord, trained: MultiTaskModel) -> None:
            if epoch.epoch in wanted:
                keep(epoch.epoch, trained)

        model = self.fresh()
        sampler = ViewSampler.of_surrogates(self._config, self._pipeline, self._dataset.tasks)
        transform = sampler.mixture or None
        classes = ClassBalance.of(self._dataset) if self._config.balance_classes else ClassBalance()
        with self._runtime.stage(TRAINING), classes.adjusting(model):
            history = train(
                *(model, self._dataset, self._pipeline, recipe, self._runtime, "surrogate"),
                after_epoch=after_epoch,
                transform=transform,
                remedy=f"train it at a smaller {param('surrogate_learning_rate')}",
            )
        return [epoch.loss for epoch in history]

    def _shared_folder(self, recipe: Recipe) -> Path | None:
        if self._shared is None:
            return None
        key: tuple[object, ...] = (
            fingerprint(self._dataset),
            self._pipeline.to_json(),
            recipe.to_json(),
            self._config.surrogate,
            self._runtime.seed,
        )
        if self._config.transform_surrogates and self._config.against:
            key = (*key, self._config.against, self._config.against_share)
        if self._config.balance_classes:
            key = (*key, "balanced classes")
        if self._runtime.precision != "32-true":
            key = (*key, self._runtime.precision)
        return self._shared / _FOLDER / hashlib.sha256(repr(key).encode()).hexdigest()[:24]

    def _loaded(self, file: Path) -> MultiTaskModel:
        model = self.fresh()
        tensors = read_weights(file, _DAMAGED, self._runtime.device)
        with refusing(file, _DAMAGED):
            check_weights(tensors, model.state_dict())
        model.load_state_dict(tensors)
        return _frozen(model)


def surrogate_work(
    config: ResolvedSettings, plan: SurrogatePlan, size: FitSize, *, rounds: int
) -> tuple[FitPart, float]:
    """The training of a plan's surrogates, and the floating-point operations of passing one view through them all.

    Args:
        config: backbone and recipe.
        plan: the base method's.
        size: of the fit.
        rounds: after each of which a joint surrogate learns.
    """
    count = size.images
    one = learner_flops(config.surrogate, size.tasks, size.shape[0], size.view)
    recipe = config.joint_recipe() if plan.joint else config.surrogate_recipe.for_images(count)
    images = min(recipe.batch_size, count)
    seen = rounds * min(config.joint_steps * images, count) if plan.joint else recipe.epochs * count
    passed = 1 if plan.joint else len(_epochs(plan, recipe))
    return FitPart(one * seen, config.surrogate, images, kept=not plan.joint), one * passed


def fingerprint(dataset: ArrayDataset) -> str:
    """A hash of a dataset's ids, tasks, labels and pixels."""
    digest = hashlib.sha256(repr([dataset.ids, [task.to_json() for task in dataset.tasks]]).encode("utf-8", "replace"))
    for values in (*(dataset.labels[task.name] for task in dataset.tasks), dataset.images):
        for _, part in chunks(values):
            digest.update(part.contiguous().numpy().tobytes())
    return digest.hexdigest()


def _epochs(plan: SurrogatePlan, recipe: Recipe) -> list[int]:
    return sorted({shortened(recipe.epochs, share) for share in plan.checkpoints})


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04}.safetensors"


def _frozen(model: MultiTaskModel) -> MultiTaskModel:
    return model.eval().requires_grad_(False)

"""What every protection method is. The epsilon contract is kept here, once, and no method can bypass it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self, final

import torch
from torch import Tensor

from mtlue.bounds import DEFAULT_EPSILON, add_rounded, check_epsilon, clip, to_float
from mtlue.data import ArrayDataset, Batch, MultiTaskDataset, Pipeline, to_arrays
from mtlue.data.files.images import Box
from mtlue.errors import InputError
from mtlue.methods.checks import check_batch_labels, check_channels, check_fit, check_fitted_on
from mtlue.methods.native import enlarge
from mtlue.methods.saving import SavedMethod, SavedSettings
from mtlue.methods.scope import Scope
from mtlue.methods.work import FitPart, FitRecord, FitSize
from mtlue.registry import Settings as MethodSettings
from mtlue.runtime import Runtime
from mtlue.tasks import Task


class Perturber(ABC):
    """Finds a perturbation of at most ``epsilon`` for labelled images.

    A method writes ``_fit`` and ``_delta``, and where it has something to save ``_state``, ``_tensors`` and
    ``_restore``; clipping, rounding, checks and files are done here. What a user may set of it is its ``Settings``.

    >>> class Brighter(Perturber):
    ...     inductive = True
    ...     def _fit(self, dataset, runtime, pipeline):
    ...         return FitRecord()
    ...     def _delta(self, images, batch):
    ...         return torch.full_like(images, self.epsilon)
    >>> Brighter(epsilon=4 / 255).name
    'Brighter'

    Args:
        settings: of the method; its defaults where this is None.
        name: in the registry, in messages and in saved folders; the class's name where this is None.
        epsilon: bound on every entry of delta, in 0..1.
        scope: which tasks and which share of the images are protected; all by default.

    Attributes:
        shared: during ``fit``, a folder for surrogates that other fits can use.

    Raises:
        InputError: settings of another method, or epsilon out of range.
    """

    Settings: ClassVar[type[MethodSettings]] = MethodSettings
    """What can be set: a frozen dataclass, whose fields are what command line, grids and Python take."""
    inductive: ClassVar[bool]
    """Whether images that were not in ``fit`` can be protected."""
    attempts: ClassVar[int] = 1
    """Fits that ``protect`` makes at most, by default, where its check finds a task left learnable: more than one where
    what a fit is worth is partly luck."""
    is_control: ClassVar[bool] = False
    """Whether it is meant to protect nothing, so that nothing is to be checked."""
    reads_labels: ClassVar[bool] = True
    """Whether labels decide the perturbation."""
    trains: ClassVar[bool] = False
    """Whether ``fit`` trains models, for which one image is too few."""
    settings: Any
    """An instance of :attr:`Settings`; a method may declare its type."""

    def __init__(
        self,
        settings: MethodSettings | None = None,
        *,
        name: str | None = None,
        epsilon: float = DEFAULT_EPSILON,
        scope: Scope | None = None,
    ) -> None:
        self.settings = self.Settings() if settings is None else settings
        self.name = name or type(self).__name__
        if not isinstance(self.settings, self.Settings):
            raise InputError(f"{self.name} takes {self.Settings.__name__}, not {type(settings).__name__}")
        self.epsilon = check_epsilon(epsilon)
        self.scope = scope or Scope()
        self.shared: Path | None = None
        self.tasks: tuple[Task, ...] = ()
        self.channels = 0
        self._key = ""
        self._fitted_ids: frozenset[str] = frozenset()

    @property
    def device(self) -> torch.device:
        """Where delta is computed, and ``_delta`` gets its images and labels."""
        return torch.device("cpu")

    @final
    def fit(
        self,
        dataset: MultiTaskDataset,
        runtime: Runtime,
        pipeline: Pipeline | None = None,
        shared: Path | None = None,
    ) -> FitRecord:
        """Learn from labelled images. A fit that ends in an error or is interrupted leaves the method not fitted.

        Args:
            dataset: the images to protect, of one size.
            runtime: device, seed and progress.
            pipeline: the views of an image that a learner is expected to train on; whole images by default.
            shared: folder where trained surrogates are kept for other fits on the same images; None keeps nothing.

        Raises:
            InputError: a sample breaks the dataset contract, none has a label to protect, or there is only one.
        """
        data = to_arrays(dataset)
        check_fit(data, self.scope, self.trains)
        self.tasks = data.tasks
        self.channels = data.images.shape[1]
        self._key = runtime.key
        self._fitted_ids = frozenset(data.ids)
        self.shared = shared
        try:
            with runtime.stage("fitting"):
                return self._fit(data, runtime, pipeline or Pipeline())
        except BaseException:
            self.tasks = ()  # whatever was changed before counts as nothing
            raise

    @final
    @torch.no_grad()
    def perturb(self, batch: Batch) -> Tensor:
        """The perturbation of a batch.

        Args:
            batch: images uint8 [B, C, H, W] of any size, and a label for each task of ``fit``.

        Returns:
            delta, float32 [B, C, H, W], with ``abs(delta) <= epsilon`` and image + delta within 0..1.

        Raises:
            InputError: not fitted; another number of channels; a label outside its task; an image that was not in
                ``fit`` of a method that is not inductive; or a perturbation with entries that are not finite.
        """
        return self._bounded(self._placed(batch)).to(batch.images.device)

    def _placed(self, batch: Batch) -> Batch:
        """The batch where delta is computed, its images kept 8-bit until they have been moved there."""
        return batch if batch.images.device == self.device else batch.to(self.device)

    def _bounded(self, batch: Batch) -> Tensor:
        """The perturbation, where the batch lies."""
        self._check(batch)
        images = to_float(batch.images)
        delta = self._delta(images, self.scope.hide(batch, self.tasks))
        if not bool(delta.isfinite().all()):
            raise InputError(
                "the perturbation has entries that are not finite: the method's training diverged, or its saved folder "
                "is damaged; fit it again"
            )
        clipped = clip(images, delta, self.epsilon)
        return clipped * self.scope.covers(batch.ids, self._key).to(clipped.device)[:, None, None, None]

    @final
    @torch.no_grad()
    def protect(self, batch: Batch) -> Tensor:
        """Protected images, uint8 [B, C, H, W]: within floor(255 epsilon) levels of the batch's in every pixel."""
        if batch.images.dtype != torch.uint8:
            raise InputError("images to protect must be uint8, 0..255")
        placed = self._placed(batch)
        return add_rounded(placed.images, self._bounded(placed), self.epsilon).to(batch.images.device)

    @final
    def protect_originals(self, batch: Batch, originals: Sequence[Tensor], boxes: Sequence[Box]) -> list[Tensor]:
        """Protected images of their own sizes, within floor(255 epsilon) levels of the originals in every pixel.

        Args:
            batch: the same images at the working size; the perturbation is found there.
            originals: uint8 [C, H, W] each.
            boxes: the part of each original that the working image shows: (left, top, right, bottom).

        Returns:
            uint8 [C, H, W] each, of the originals' sizes.
        """
        deltas = self.perturb(batch).cpu()
        return [
            add_rounded(whole, enlarge(delta, (whole.shape[1], whole.shape[2]), box, self.epsilon), self.epsilon)
            for delta, whole, box in zip(deltas, originals, boxes, strict=True)
        ]

    def hyperparameters(self, tasks: Sequence[Task] = ()) -> dict[str, Any]:
        """What decides the outcome of ``fit`` besides images, epsilon, scope and seed, defaults included, as JSON.

        Args:
            tasks: of the dataset, where a default depends on them.
        """
        return self.settings.to_json()  # type: ignore[no-any-return]

    def fit_parts(self, size: FitSize) -> Sequence[FitPart]:
        """What ``fit`` takes, roughly, part by part; nothing for methods that train nothing."""
        return ()

    @final
    def parts_left(
        self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline, shared: Path
    ) -> Sequence[FitPart]:
        """:meth:`fit_parts` without those whose outcome ``fit`` would take from a folder.

        Args:
            dataset, runtime, pipeline, shared: as for ``fit``.
        """
        parts = self.fit_parts(FitSize.of(dataset, pipeline))
        if any(part.kept for part in parts) and self._is_kept(dataset, runtime, pipeline, shared):
            return [part for part in parts if not part.kept]
        return parts

    def _is_kept(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline, shared: Path) -> bool:
        """Whether a folder holds what the parts train that are ``kept``."""
        return False

    @final
    def estimated_flops(self, size: FitSize) -> float:
        """Floating-point operations of all of :meth:`fit_parts`."""
        return sum(part.flops for part in self.fit_parts(size))

    @abstractmethod
    def _fit(self, dataset: ArrayDataset, runtime: Runtime, pipeline: Pipeline) -> FitRecord:
        """Learn. ``dataset`` has the labels of all tasks: what depends on those that :attr:`scope` leaves unprotected
        may not get into a perturbation (:meth:`Scope.hide_in`)."""

    @abstractmethod
    def _delta(self, images: Tensor, batch: Batch) -> Tensor:
        """delta before it is clipped. ``images``: float 0..1 [B, C, H, W]."""

    @final
    def save(self, folder: Path) -> None:
        """Write weights (safetensors) and settings (JSON), each whole: what :func:`mtlue.methods.load_method` reads.

        Args:
            folder: created where it does not exist.

        Raises:
            InputError: not fitted.
        """
        self._require_fit()
        settings = SavedSettings(
            method=self.name,
            epsilon=self.epsilon,
            channels=self.channels,
            tasks=[task.to_json() for task in self.tasks],
            scope=self.scope,
            key=self._key,
            settings=self._state(),
            options=self.settings.to_json(),
            fitted_ids=[] if self.inductive else sorted(self._fitted_ids),
        )
        SavedMethod(settings, self._tensors()).write(folder)

    @final
    def restore(self, saved: SavedMethod, runtime: Runtime) -> Self:
        """Restore what was saved. Called on a method made with the saved settings, epsilon and scope.

        Raises:
            InputError, ValueError: what was saved contradicts itself.
        """
        settings = saved.settings
        self.tasks = settings.named_tasks()
        self.scope.check(self.tasks)
        self.channels = settings.channels
        self._key = settings.key
        self._fitted_ids = frozenset(settings.fitted_ids)
        self._restore(settings.settings, dict(saved.tensors), runtime)
        return self

    def _state(self) -> dict[str, Any]:
        """What ``_restore`` needs besides tensors, as JSON."""
        return {}

    def _tensors(self) -> dict[str, Tensor]:
        """What ``_restore`` needs, by name."""
        return {}

    def _restore(self, state: dict[str, Any], tensors: dict[str, Tensor], runtime: Runtime) -> None:
        """Restore what ``_state`` and ``_tensors`` described; a method without state has nothing to do here.

        Nothing large is made before :func:`mtlue.methods.weights.check_weights` has seen the tensors: the state may
        claim any size.

        Raises:
            ValueError: the state is another method's, or contradicts the tensors.
        """
        del state, tensors, runtime

    def _require_fit(self) -> None:
        if not self.tasks:
            raise InputError("this method is not fitted yet: call fit first, or load a fitted one")

    def _check(self, batch: Batch) -> None:
        self._require_fit()
        check_channels(batch, self.channels)
        check_batch_labels(batch, self.tasks)
        if not self.inductive:
            check_fitted_on(batch, self._fitted_ids, self.name)

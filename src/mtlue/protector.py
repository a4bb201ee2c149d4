"""``Protector``: makes labelled images unlearnable, in memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from mtlue.batching import rows_within
from mtlue.bounds import Strength, chosen_epsilon
from mtlue.data import ArrayDataset, Batch, MultiTaskDataset, Pipeline, to_arrays
from mtlue.data.dataset import tasks_of
from mtlue.data.derived import write_images
from mtlue.data.files.images import working_box
from mtlue.data.one_image import brought_to, one_image
from mtlue.errors import InputError
from mtlue.methods import AUTO, FitRecord, MethodChoice, Scope, load_method
from mtlue.registry import Settings
from mtlue.registry.python_options import path_of
from mtlue.runtime import Runtime
from mtlue.seeds import read_seed, secret_seed, seed_text
from mtlue.tasks import Task

LARGEST_BATCH = 64
BATCH_PIXELS = 64 * 64 * 64
"""Pixels of the images that are protected at once, so that large images need no more memory."""


class Protector:
    """Makes labelled images unlearnable.

    >>> from mtlue import ArrayDataset, Categorical
    >>> images = torch.randint(256, (8, 3, 16, 16), dtype=torch.uint8)
    >>> labels = {"shape": torch.tensor([0, 1] * 4)}
    >>> tasks = (Categorical("shape", ("round", "square")),)
    >>> dataset = ArrayDataset(tasks, images, labels, [f"image {i}" for i in range(8)])
    >>> protector = Protector("lsp-patch", settings={"square": 4}, epsilon=8 / 255, seed=0)
    >>> protected = protector.fit(dataset).protect(dataset)
    >>> int((protected.images.short() - images.short()).abs().max())
    8

    Args:
        method: name of a method: em, tap, sep; joint-code (for labels per pixel); a baseline such as tap-samplewise or
            lsp-patch; or noise. ``auto`` takes joint-code where a protected task has a label per pixel, else tap.
        settings: of the method: those that are not defaults by name, such as ``{"epochs": 4}``, or its settings
            dataclass (``METHODS.settings("tap")``).
        epsilon: largest change of a pixel, in 0..1; 8/255 by default.
        strength: a name for it, instead of ``epsilon``: subtle (4 of 255 levels), standard (8) or strong (16).
        scope: which tasks and which share of the images are protected; all by default.
        runtime: device, seed and progress; the default takes a GPU if there is one.
        seed: for a default runtime: a whole number, or what :attr:`seed` showed. None draws a secret of 128 bits. A
            short seed is not secret: anyone who tries it can compute the same perturbation and subtract it.

    Raises:
        InputError: an unknown method, a setting that it does not have, a value out of range, or both ``epsilon`` and
            ``strength``.
    """

    def __init__(
        self,
        method: str = AUTO,
        *,
        settings: Settings | Mapping[str, Any] | None = None,
        epsilon: float | None = None,
        strength: Strength | None = None,
        scope: Scope | None = None,
        runtime: Runtime | None = None,
        seed: int | str | None = None,
    ) -> None:
        if not isinstance(scope, Scope | None):
            raise InputError(f"scope {scope!r} is no mtlue.Scope: give Scope(unprotected=[…], fraction=…)")
        choice = MethodChoice(method, settings or {}, chosen_epsilon(epsilon, strength), scope or Scope())
        self.runtime = runtime or Runtime(seed=secret_seed() if seed is None else read_seed(seed))
        self._choice: MethodChoice | None = choice
        self._perturber = choice.build()
        self.record = FitRecord()
        self._loaded = False

    @classmethod
    def of(cls, choice: MethodChoice, runtime: Runtime | None = None) -> "Protector":
        """A protector with the method, settings, epsilon and scope of one description."""
        return cls(choice.name, settings=choice.settings, epsilon=choice.epsilon, scope=choice.scope, runtime=runtime)

    @property
    def method(self) -> str:
        """Name of the method; ``auto``, where that was chosen, until :meth:`fit` resolves it."""
        return self._perturber.name if self.tasks or self._choice is None else self._choice.name

    @property
    def seed(self) -> int | str | None:
        """What ``Protector(seed=…)`` repeats this fit with, as private as what :meth:`save` writes; None of a method
        that was loaded: of a fit of ``mtlue protect``, private/config.json has it."""
        return None if self._loaded else seed_text(self.runtime.seed)

    @property
    def epsilon(self) -> float:
        return self._perturber.epsilon

    @property
    def scope(self) -> Scope:
        """Which tasks and which share of the images are protected."""
        return self._perturber.scope

    @property
    def inductive(self) -> bool:
        """Whether images that the method was not fitted on can be protected."""
        return self._perturber.inductive

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self._perturber.tasks

    @property
    def decisive_tasks(self) -> list[Task]:
        """The tasks whose labels decide an image's perturbation."""
        return self.scope.protected(self.tasks) if self._perturber.reads_labels else []

    @property
    def settings(self) -> Settings:
        """The method's settings."""
        settings: Settings = self._perturber.settings
        return settings

    def hyperparameters(self) -> dict[str, Any]:
        """What decides the fit besides images, epsilon, scope and seed, presets and defaults filled in, as JSON."""
        return self._perturber.hyperparameters(self.tasks)

    @property
    def channels(self) -> int:
        return self._perturber.channels

    def fit(
        self, dataset: MultiTaskDataset, pipeline: Pipeline | None = None, shared: Path | None = None
    ) -> "Protector":
        """Train the generator on labelled images of one size.

        Args:
            dataset: images to protect, with labels for every task.
            pipeline: crops and flips that learners are expected to train with; none by default.
            shared: folder where trained surrogates are kept for other fits on the same images; None keeps nothing.

        Raises:
            InputError: a sample breaks the dataset contract (named by its id).
        """
        perturber = self._perturber if self._choice is None else self._choice.build(tasks_of(dataset))
        self.record = perturber.fit(dataset, self.runtime, pipeline, shared)
        self._perturber, self._loaded = perturber, False
        return self

    def protect(self, dataset: MultiTaskDataset, file: Path | str | None = None) -> ArrayDataset:
        """Protected copies of labelled images: the same ids and labels, other pixels, each within epsilon.

        Args:
            dataset: images of one size, with labels for every task of :meth:`fit`.
            file: ``.npy`` file to write the protected images to, batch by batch, and to read them from; by default they
                are kept in memory.

        Raises:
            InputError: not fitted, other tasks or channels, or unseen images where the method cannot take them.
        """
        data = to_arrays(dataset)
        for task in self.tasks:
            if task not in data.tasks:
                raise InputError(
                    f"the dataset has no task {task}, which the method was fitted on (same classes and order)"
                )
        batches = map(self.protect_batch, data.batches(batch_size(data)))
        if file is None:
            return data.with_images(torch.cat(list(batches)))
        return data.with_images(write_images(batches, tuple(data.images.shape), path_of(file, "file")))

    def protect_batch(self, batch: Batch) -> torch.Tensor:
        """Protected images of one batch, uint8 [B, C, H, W]."""
        return self._perturber.protect(batch)

    def protect_image(
        self, image: torch.Tensor, labels: Mapping[str, Any], pipeline: Pipeline | None = None, identifier: str = ""
    ) -> torch.Tensor:
        """A protected copy of one image, for a pipeline of one's own: after it was resized, before it is encoded.

        >>> from mtlue import ArrayDataset, Categorical
        >>> images = torch.randint(256, (8, 3, 16, 16), dtype=torch.uint8)
        >>> task = Categorical("shape", ("round", "square"))
        >>> dataset = ArrayDataset((task,), images, {"shape": torch.tensor([0, 1] * 4)}, list("abcdefgh"))
        >>> protector = Protector("lsp-patch", settings={"square": 4}, seed=0).fit(dataset)
        >>> protected = protector.protect_image(images[1], {"shape": "square"})
        >>> bool((protected == protector.protect(dataset).images[1]).all())
        True

        Args:
            image: uint8 [C, H, W].
            labels: task -> what a table's cell would say of it ("oak", 7.5); of a task with a label per pixel the
                map itself, of the image's size. A task that is absent, None or NaN has no label.
            pipeline: where the method was fitted on images of another size: what brought them there, as its ``size``
                and ``center_crop`` say. The perturbation is found at that size and enlarged, as with ``--native``; by
                default it is found at the image's own size.
            identifier: the image's id, where methods or scopes depend on it.

        Returns:
            uint8 [C, H, W], within floor(255 epsilon) levels of the image in every pixel.

        Raises:
            InputError: not fitted, an unknown task or label, other channels, or a label per pixel with a pipeline.
        """
        if not self.tasks:
            raise InputError("this method is not fitted yet: call fit first, or load a fitted one")
        batch = one_image(self.tasks, image, labels, identifier)
        if pipeline is None:
            return self.protect_batch(batch)[0]
        (protected,) = self.protect_originals(brought_to(batch, pipeline), [image], pipeline)
        return protected

    def protect_originals(
        self, batch: Batch, originals: Sequence[torch.Tensor], pipeline: Pipeline
    ) -> list[torch.Tensor]:
        """Protected images of their own sizes, uint8 [C, H, W]; ``batch`` holds the same at ``pipeline``'s size."""
        boxes = [working_box((image.shape[1], image.shape[2]), pipeline) for image in originals]
        return self._perturber.protect_originals(batch, originals, boxes)

    def save(self, folder: Path | str) -> None:
        """Write the fitted method (safetensors + JSON). Keep it private: it helps to undo the protection."""
        self._perturber.save(path_of(folder, "folder"))

    @classmethod
    def load(cls, folder: Path | str, runtime: Runtime | None = None) -> "Protector":
        """A fitted protector from a folder that :meth:`save` or ``mtlue protect`` wrote.

        Raises:
            InputError: the folder holds none, or a damaged one.
        """
        protector = cls(runtime=runtime)
        protector._choice, protector._perturber = None, load_method(path_of(folder, "folder"), protector.runtime)
        protector._loaded = True
        return protector


def batch_size(data: ArrayDataset) -> int:
    """How many of a dataset's images are protected at once."""
    return rows_within(BATCH_PIXELS, data.images.shape[2] * data.images.shape[3], most=LARGEST_BATCH)

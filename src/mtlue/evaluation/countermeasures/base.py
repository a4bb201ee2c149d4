"""What a learner may do against a protection. Imports nothing heavy, and so do the countermeasures until they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.evaluation.attacker import Attacker
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.models import MultiTaskModel
    from mtlue.models.cost import Cost
    from mtlue.training import Mixture

Needs = Literal["nothing", "compute", "clean images", "our tool", "a large model"]
"""What somebody needs to apply a countermeasure, the least first."""


class Countermeasure:
    """Does nothing at all; a subclass overrides what it does something in.

    Its life: it is made for one set of training images; :meth:`fit` sees them; :meth:`gather` says which images
    learners train on; :meth:`prepare` processes them, and :meth:`prepare_test` test images, once for all learners of a
    run. Each learner then gets a copy of its own: :meth:`start` before its training, :meth:`disturb` before each step,
    :meth:`after_epoch`, and :meth:`finish` before its test. Nothing is shared between two sets of training images, or
    between two learners. Copies are deep: keep no dataset, each method is handed the attacker.

    Adding one: a class in a file of its own and a row in :data:`COUNTERMEASURES`; or, in a package of your own, the
    decorator or an entry point (:class:`mtlue.registry.Registry`). Import torch inside the methods, so that the command
    line can show the settings without it.

    Attributes:
        Settings: what can be set: a frozen dataclass.
        needs: what somebody needs to apply it.
        fits_once: whether what :meth:`fit` learns is the same for all training images, and kept in the attacker's
            folder.
        chooses_epoch: whether :meth:`finish` brings back the weights of an earlier epoch; in a chain it does so before
            any other part's changes the model.
        reference: where it, or its default settings, come from.
        settings: of this instance.

    >>> import torch
    >>> from mtlue import Batch
    >>> class Inverted(Countermeasure):
    ...     def prepare(self, batch):
    ...         return 255 - batch.images
    >>> Inverted().prepare(Batch(torch.zeros(1, 3, 2, 2, dtype=torch.uint8), {}, ["a"])).unique().tolist()
    [255]
    >>> Inverted().prepares, Inverted().disturbs
    (True, False)
    """

    Settings: ClassVar[type[Settings]] = Settings
    needs: ClassVar[Needs] = "nothing"
    fits_once: ClassVar[bool] = False
    chooses_epoch: ClassVar[bool] = False
    reference: ClassVar[str] = ""

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @property
    def passes(self) -> int:
        """How many passes :meth:`disturb` takes besides each training step, for estimates of time."""
        return 0

    def fit_work(self, size: DatasetShape) -> float:
        """Operations of :meth:`fit`, and of what it learned in :meth:`prepare`, roughly: for estimates of time.

        Operations are floating-point ones of training a network; what is slow for another reason counts as many as a
        network's training does in that time on a CPU.

        Args:
            size: of the images, those of the attacker's own among them, and what the release names as its method.
        """
        return 0.0

    def learner_work(self, size: DatasetShape, cost: Cost, epochs: int) -> float:
        """Operations that :meth:`start`, :meth:`after_epoch` and :meth:`finish` add to one learner, as in
        :meth:`fit_work`; negative where they save more than they cost.

        Args:
            size: of the images.
            cost: of the learner, per image.
            epochs: of its training.
        """
        return 0.0

    def contents(self) -> dict[str, str]:
        """Setting -> a hash of what lies there, for settings that name files: other contents are another experiment."""
        return {}

    def fit(self, attacker: Attacker) -> None:
        """Learn something before any image is prepared.

        Args:
            attacker: what they have; its runtime is the same for every learner of a run.
        """

    def gather(self, attacker: Attacker) -> ArrayDataset:
        """The images that learners train on, not prepared yet; ``attacker.training`` as it is by default.

        Returns:
            uint8 [N, C, H, W] of the same sides, tasks and dtypes; N ids, all different.
        """
        return attacker.training

    def prepare(self, batch: Batch) -> Tensor:
        """Process training images, once for all learners, before they are cropped.

        Args:
            batch: images uint8 [B, C, H, W] on the CPU, with labels and ids.

        Returns:
            uint8 [B, C, H, W] on the CPU, the same for an image whichever others are in the batch.
        """
        return batch.images

    def prepare_test(self, batch: Batch) -> Tensor:
        """Process test images: as training images by default.

        One that is random in :meth:`disturb` may give test images a draw that belongs to their id.

        Args, returns: as for :meth:`prepare`.
        """
        return self.prepare(batch)

    def start(self, model: MultiTaskModel, attacker: Attacker) -> None:
        """Change a fresh model, in place, before its training.

        Args:
            attacker: ``training`` is prepared, ``clean`` and ``test`` are as test images are prepared; all have the
                learner's tasks alone, and the seed is the learner's.
        """

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor | Mixture:
        """Change a training batch before a step.

        Args:
            model: in training mode, which it must be in again afterwards.
            batch: what the model is about to see, float 0..1 [B, C, h, w] on the device, with labels and ids.
            generator: all randomness comes from it; on the same device.

        Returns:
            float 0..1 [B, C, h, w]; as a :class:`mtlue.training.Mixture` where the labels change, too.
        """
        return batch.images

    def after_epoch(self, model: MultiTaskModel, epoch: int, epochs: int, attacker: Attacker) -> None:
        """Look at a model, or change it, after an epoch of its training.

        Args:
            epoch: 1..epochs.
            epochs: of the whole training.
            attacker: as for :meth:`start`.
        """

    def finish(self, model: MultiTaskModel, attacker: Attacker) -> None:
        """Change a trained model, in place, before it is tested.

        Args:
            attacker: as for :meth:`start`.
        """

    def uses(self, attacker: Attacker) -> ArrayDataset:
        """The clean images of their own that it uses: what learners of the control (``own``) are trained on; as many as
        are :meth:`wanted`, by default.

        Args:
            attacker: whose ``training`` is what is released.

        Raises:
            InputError: there are none.
        """
        from mtlue.evaluation.countermeasures.own_share import own_images

        wanted = self.wanted(attacker)
        return attacker.own(2) if wanted is None else own_images(attacker, wanted)

    def wanted(self, attacker: Attacker) -> int | None:
        """How many clean images of their own it would use, had they as many; None where it uses what there is.

        Args:
            attacker: as for :meth:`uses`.
        """
        return None

    @property
    def needs_clean(self) -> bool:
        """Whether somebody needs clean images of their own for it."""
        return self.needs in ("clean images", "our tool")

    @property
    def learns(self) -> bool:
        """Whether :meth:`fit` does anything."""
        return self._has("fit")

    @property
    def gathers(self) -> bool:
        """Whether :meth:`gather` does anything."""
        return self._has("gather")

    @property
    def prepares(self) -> bool:
        """Whether :meth:`prepare` does anything."""
        return self._has("prepare")

    @property
    def treats_test(self) -> bool:
        """Whether :meth:`prepare_test` does anything."""
        return self._has("prepare") or self._has("prepare_test")

    @property
    def disturbs(self) -> bool:
        """Whether :meth:`disturb` does anything."""
        return self._has("disturb")

    @property
    def attends(self) -> bool:
        """Whether it takes part in the training of learners."""
        return self.disturbs or self.accompanies

    @property
    def accompanies(self) -> bool:
        """Whether it is handed the attacker of a learner: before its training, after an epoch or at its end."""
        return any(map(self._has, ("start", "after_epoch", "finish")))

    def _has(self, method: str) -> bool:
        return getattr(type(self), method) is not getattr(Countermeasure, method)

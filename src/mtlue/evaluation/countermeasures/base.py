"""What a learner may do against a protection. Imports nothing heavy, and so do the countermeasures until they work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from mtlue.registry import Settings

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from mtlue.data import ArrayDataset, Batch
    from mtlue.models import MultiTaskModel
    from mtlue.runtime import Runtime

Needs = Literal["nothing", "compute", "clean images", "our tool", "a large model"]
"""What somebody needs to apply a countermeasure, the least first."""


class Countermeasure:
    """Does nothing at all; a subclass overrides what it does something in.

    Its life: it is made for one set of training images; :meth:`fit` sees them; :meth:`prepare` processes training and
    test images, once for all learners of a run; each learner then gets a copy of its own, whose :meth:`disturb` changes
    the batches of its training. Nothing is shared between two sets of training images, or between two learners.

    Adding one: a class in a file of its own and a row in :data:`COUNTERMEASURES`; or, in a package of your own, the
    decorator or an entry point (:class:`mtlue.registry.Registry`). Import torch inside the methods, so that the command
    line can show the settings without it.

    Attributes:
        Settings: what can be set: a frozen dataclass.
        needs: what somebody needs to apply it.
        settings: of this instance.
    """

    Settings: ClassVar[type[Settings]] = Settings
    needs: ClassVar[Needs] = "nothing"

    def __init__(self, settings: Any = None) -> None:
        self.settings = self.Settings() if settings is None else settings

    @property
    def passes(self) -> int:
        """How many passes :meth:`disturb` takes besides each training step, for estimates of time."""
        return 0

    def fit(self, dataset: ArrayDataset, runtime: Runtime) -> None:
        """Learn from the training images before anything is prepared.

        Args:
            dataset: training images as a learner gets them, uint8 [N, C, H, W], with labels and ids; they may lie on
                disk: read them with ``dataset.batches``.
            runtime: device, precision and random streams; the same for every learner of a run.
        """

    def prepare(self, batch: Batch) -> Tensor:
        """Process images once, before training and before testing.

        Args:
            batch: images uint8 [B, C, H, W] on the CPU, with labels and ids.

        Returns:
            uint8 [B, C, H, W] on the CPU.
        """
        return batch.images

    def disturb(self, model: MultiTaskModel, batch: Batch, generator: Generator) -> Tensor:
        """Change a training batch before a step.

        Args:
            model: in training mode, which it must be in again afterwards.
            batch: what the model is about to see, float 0..1 [B, C, h, w] on the device, with labels and ids.
            generator: all randomness comes from it; on the same device.

        Returns:
            float 0..1 [B, C, h, w].
        """
        return batch.images

    @property
    def learns(self) -> bool:
        """Whether :meth:`fit` does anything."""
        return type(self).fit is not Countermeasure.fit

    @property
    def prepares(self) -> bool:
        """Whether :meth:`prepare` does anything."""
        return type(self).prepare is not Countermeasure.prepare

    @property
    def disturbs(self) -> bool:
        """Whether :meth:`disturb` does anything."""
        return type(self).disturb is not Countermeasure.disturb

"""What somebody has who trains on released images without leave: what countermeasures and learners are handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from mtlue.data import ArrayDataset, Pipeline
    from mtlue.methods import MethodChoice
    from mtlue.runtime import Runtime


@dataclass(frozen=True)
class Attacker:
    """What somebody has who trains on released images without leave.

    Attributes:
        training: the images that they train on, uint8 [N, C, H, W], with labels and ids. They may lie on disk: read
            them with ``training.batches``.
        pipeline: crops and flips that learners see.
        runtime: device, precision, progress and random streams.
        clean: labelled clean images of their own, of the same kind; neither released nor tested on.
        test: the clean test images; only for an oracle, which nobody has (``peak``).
        method: what the release names as its method, with default settings: what somebody with this tool would run.
        holdout: tasks that the release does not hold: its method was not fitted on them; the attacker has their labels.
        folder: for files of their own, such as a trained purifier's images; it goes at the end of the run.
    """

    training: ArrayDataset
    pipeline: Pipeline
    runtime: Runtime
    clean: ArrayDataset | None = None
    test: ArrayDataset | None = None
    method: MethodChoice | None = None
    holdout: tuple[str, ...] = ()
    folder: Path | None = None

    def own(self, least: int = 1) -> ArrayDataset:
        """The clean images of their own.

        Args:
            least: how many are needed.

        Raises:
            InputError: there are none, or too few.
        """
        held = 0 if self.clean is None else len(self.clean)
        if self.clean is None or held < least:
            raise InputError(
                f"this countermeasure needs at least {least} clean images of the attacker's own, and there are {held}: "
                "give the dataset more test images, or a split besides train and test"
            )
        return self.clean

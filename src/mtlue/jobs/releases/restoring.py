"""Whether what was saved of a fitted method gives the method back, found before a release of it is written."""

from pathlib import Path

import torch
from torch import Tensor

from mtlue.bounds import to_levels
from mtlue.data import ArrayDataset, Batch
from mtlue.errors import InputError
from mtlue.protector import Protector
from mtlue.structured import reason

_ALIKE = 0.05
"""Mean difference, as a share of epsilon, of two perturbations that are the same but for a device's rounding."""
_PROBED = 2
"""Images that the method is tried on at once."""
_REMEDY = "write its _state, _tensors and _restore so that they give back all that _fit has set (extending.md in docs)"


def check_restored(protector: Protector, folder: Path, images: ArrayDataset) -> None:
    """Refuse a method whose saved folder is useless: ``apply`` could not use it, and nobody would have known.

    Args:
        protector: fitted.
        folder: where it has been saved.
        images: to protect with both: the first few that it changes, or the first of all where it changes none.

    Raises:
        InputError: the method cannot be loaded, fails on the images, or changes them otherwise.
    """
    batch, expected = _first_changed(protector, images)
    try:
        found = Protector.load(folder, protector.runtime).protect_batch(batch)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # another package's code fails with any error
        why = f"fails: {type(error).__name__}: {reason(error)}"
        raise InputError(f"method '{protector.method}' {why}, once saved and restored: {_REMEDY}") from error
    differences = (found.short() - expected.short()).abs().float().flatten(1).mean(1)
    if float(differences.max()) > _ALIKE * to_levels(protector.epsilon):
        raise InputError(
            f"method '{protector.method}' finds another perturbation once saved and restored, so apply would not "
            f"continue this release: {_REMEDY}"
        )


def _first_changed(protector: Protector, images: ArrayDataset) -> tuple[Batch, Tensor]:
    """Images and what the method makes of them: a fraction leaves images alone, and so do labels that are missing."""
    first = None
    for batch in images.batches(_PROBED):
        protected = protector.protect_batch(batch)
        first = first or (batch, protected)
        if not torch.equal(protected, batch.images):
            return batch, protected
    assert first is not None
    return first

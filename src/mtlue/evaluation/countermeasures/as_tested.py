"""Extra passes of a model in training that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtlue.models import MultiTaskModel


@contextmanager
def as_tested(model: MultiTaskModel) -> Iterator[None]:
    """Evaluation mode inside, so that extra passes move no batch statistics; training mode again afterwards."""
    model.eval()
    try:
        yield
    finally:
        model.train()

"""Embedding: what a generator keeps for a task's labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from mtlue.tasks.learning import Named

if TYPE_CHECKING:
    from torch import Tensor


class Embedding(Named, ABC):
    """Labels as mixtures of a few anchors: one anchor per class; for numbers, one per place in their range."""

    @property
    @abstractmethod
    def anchors(self) -> int:
        """How many anchors there are."""

    @abstractmethod
    def anchor_weights(self, label: Tensor) -> Tensor:
        """How much of each anchor a label is.

        Args:
            label: [B, ...], one per image or per pixel.

        Returns:
            Float [B, anchors], or [B, anchors, H, W] of labels per pixel, from 0 to 1. The weights of a label sum to 1
            over the anchors, or are all 0 where it is missing.
        """

"""Labels written as patterns: one code for all dense tasks, one for all image-level tasks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mtlue.data import ArrayDataset
from mtlue.data.dataset import Labels
from mtlue.methods.codebook import Codebook
from mtlue.methods.waves import HIGHEST, coloured, energy, grating, gratings, painted, shifted
from mtlue.tasks import DenseTask, ImageTask

SYMBOLS = 16
"""Of the dense tasks together, at most."""
LEVELS = HIGHEST
"""Of each of the two groups of image-level tasks, at most."""
PIXELS_AN_IMAGE = 64
"""The dense symbols are found on so many pixels of each image."""
GROUPS = ("down", "across")
_CHUNK = 16
Colours = Sequence[Sequence[float]]


class DenseCode:
    """A symbol a pixel: k-means over what all dense tasks say of it, and a pattern a symbol.

    Args:
        tasks: dense tasks.
        kept: what :meth:`fit` found: ``symbols`` [16, anchors of all tasks] and ``patterns`` [symbols, C, 16, 16].
    """

    def __init__(self, tasks: Sequence[DenseTask], kept: dict[str, Tensor]) -> None:
        self.tasks = tuple(tasks)
        self.kept = kept
        self._planes = tuple(task.planes for task in self.tasks)

    def fit(self, dataset: ArrayDataset, images: Tensor, colours: Colours, seed: int) -> None:
        """Find symbols and patterns.

        The patterns repeat after four pixels at most, so that a small region holds some of them, and are those of which
        the images hold least.

        Args:
            dataset: labelled images.
            images: of it, float 0..1 [N, C, H, W].
            colours: that patterns may have.
            seed: of k-means, of the pixels, and of which pattern a symbol gets, in which phase.
        """
        candidates = coloured(gratings((0, HIGHEST // 2, HIGHEST)), colours)
        self.kept["symbols"] = Codebook.fitted(self._pixels(dataset, seed), self._planes, SYMBOLS, seed).centroids
        quiet = energy(images, candidates).argsort()[:SYMBOLS]
        drawn = torch.randperm(len(quiet), generator=torch.Generator().manual_seed(seed))
        self.kept["patterns"] = shifted(candidates[quiet[drawn]], seed)

    def paint(self, labels: Labels, size: tuple[int, int]) -> Tensor:
        """[B, C, H, W] of -1, 0 and 1; 0 in pixels that no task has a label for."""
        told = self._told(labels)
        symbols = Codebook(self._planes, self.kept["symbols"][: len(self.kept["patterns"])]).nearest(told)
        return painted(symbols, self.kept["patterns"], size) * told.any(1, keepdim=True)

    def _told(self, labels: Labels) -> Tensor:
        """Labels in anchors, [B, anchors of all tasks, H, W]."""
        return torch.cat([task.encoded(labels[task.name]) for task in self.tasks], dim=1)

    def _pixels(self, dataset: ArrayDataset, seed: int) -> Tensor:
        """The same of some pixels of every image, [N, anchors of all tasks]."""
        draw, found = torch.Generator().manual_seed(seed), []
        for batch in dataset.batches(_CHUNK):
            told = self._told(batch.labels).flatten(2)
            places = torch.randint(told.shape[2], (len(told), 1, PIXELS_AN_IMAGE), generator=draw)
            found.append(told.gather(2, places.expand(-1, told.shape[1], -1)).transpose(1, 2).flatten(0, 1))
        return torch.cat(found)


class ImageCode:
    """One pattern an image: the symbol of one half of the tasks is its frequency down, that of the other across.

    Args:
        tasks: image-level tasks.
        kept: what :meth:`fit` found: ``down`` and ``across`` [8, anchors of the group's tasks], and ``gratings``
            [81, C, 16, 16]: a pattern for each pair of symbols, the ninth of which says nothing (a constant).
    """

    def __init__(self, tasks: Sequence[ImageTask], kept: dict[str, Tensor]) -> None:
        self.kept = kept
        self.groups = {name: tuple(group) for name, group in zip(GROUPS, dealt(tasks), strict=True) if group}
        self._planes = {name: tuple(task.anchors for task in group) for name, group in self.groups.items()}

    def fit(self, labels: Mapping[str, Any], images: Tensor, colours: Colours, seed: int) -> None:
        """Find symbols and patterns: of those frequencies of which the images hold least.

        Args:
            labels: of all images, {task: [N]}.
            images: some of them, float 0..1 [N, C, H, W].
            colours: the first of them is taken.
            seed: of k-means and of the patterns' phase.
        """
        every = range(1, HIGHEST + 1)
        held = energy(images, coloured(torch.stack([grating(each, each) for each in every]), colours[:1]))
        quiet = [every[place] for place in held.argsort().tolist()]
        frequencies = {name: [*quiet, 0] for name in GROUPS}
        for name, group in self.groups.items():
            book = Codebook.fitted(_told(group, labels), self._planes[name], LEVELS, seed)
            self.kept[name] = book.centroids
            frequencies[name] = [*sorted(quiet[: book.used]), *quiet[book.used :], 0]
        down, across = frequencies.values()
        patterns = coloured(torch.stack([grating(d, a) for d in down for a in across]), colours[:1])
        self.kept["gratings"] = shifted(patterns, seed)

    def paint(self, labels: Labels, size: tuple[int, int]) -> Tensor:
        """[B, C, H, W] of -1, 0 and 1; 0 in images without any label."""
        told = {name: _told(group, labels) for name, group in self.groups.items()}
        levels = {name: self._levels(name, its) for name, its in told.items()}
        down = levels[GROUPS[0]]  # the first group is never empty
        across = levels.get(GROUPS[1], torch.zeros_like(down))
        code = painted((down * (LEVELS + 1) + across)[:, None, None], self.kept["gratings"], size)
        known = torch.stack([its.any(1) for its in told.values()]).any(0)
        return code * known[:, None, None, None]

    def _levels(self, name: str, told: Tensor) -> Tensor:
        """The symbol of each image, [B]; the one that says nothing where no task of the group has a label."""
        symbols = Codebook(self._planes[name], self.kept[name]).nearest(told[..., None, None])[:, 0, 0]
        return torch.where(told.any(1), symbols, LEVELS)


def dealt(tasks: Sequence[ImageTask]) -> tuple[list[ImageTask], list[ImageTask]]:
    """Image-level tasks in two groups that have about as many combinations of labels; the second may be empty."""
    groups: tuple[list[ImageTask], list[ImageTask]] = ([], [])
    for task in sorted(tasks, key=lambda task: task.anchors):
        min(groups, key=lambda group: math.prod(each.anchors for each in group)).append(task)
    return groups


def _told(tasks: Sequence[ImageTask], labels: Mapping[str, Any]) -> Tensor:
    """Labels in anchors, [N, anchors of all tasks]; all 0 for a task without a label."""
    columns = {task: labels[task.name][:] for task in tasks}
    parts = [task.anchor_weights(its).float() * ~task.unlabelled(its)[:, None] for task, its in columns.items()]
    return torch.cat(parts, dim=1)

"""Labels as patterns: a symbol per pixel for all dense tasks, and turns of the pattern's sign for image-level tasks."""

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from mtlue.data import ArrayDataset
from mtlue.errors import InputError, param
from mtlue.methods.joint_code.codebook import Codebook
from mtlue.methods.joint_code.settings import Waves
from mtlue.methods.joint_code.waves import chessboard, energy, gratings, in_colours, paint, turns
from mtlue.seeds import stream
from mtlue.tasks import DenseTask, ImageTask, Labels
from mtlue.tasks.classes import ClassTask
from mtlue.wording import counted

GROUPS = ("down", "across")
LUMINANCE = {1: ((1,),), 3: ((1, 1, 1),)}
"""Channels of an image -> the one colour of a pattern in luminance."""
COLOURS = {1: ((1,),), 3: ((1, -1, 1), (1, 1, -1), (-1, 1, 1), (1, 1, 1))}
"""Channels of an image -> colours of a pattern where it may have several."""
VECTOR_WEIGHT = 1.25
"""Scale of the anchors of vectors, next to those of other dense tasks: with 1 a symbol stood for normals so different
that learners of normals alone ignored the code."""
CLASS_WEIGHT = 1.5
"""The same of classes, in luminance: with 1 two kinds of solids shared one of its few symbols, and a learner of solids
alone used the image."""
_CHUNK = 16
_TRIES = 1024
"""Places that are drawn, where turns may begin: in effect all of those below 64, the default's."""


class DenseCode:
    """A pattern per pixel: k-means over what all dense tasks say of it finds the symbols.

    Args:
        tasks: dense tasks.
        kept: what :meth:`fit` finds: ``symbols`` [S, anchors of all tasks] and ``patterns`` [S + 1, C, tile, tile],
            whose last one stands for pixels without any label.
        pixels: of each image that symbols are found on.
        waves: that patterns are made of.
    """

    def __init__(self, tasks: Sequence[DenseTask], kept: dict[str, Tensor], pixels: int, waves: Waves) -> None:
        self._count = pixels
        self._waves = waves
        self._colours = LUMINANCE if waves.luminance else COLOURS
        self.tasks = tuple(tasks)
        self.kept = kept
        self._planes = tuple(task.anchors for task in self.tasks)

    def fit(self, dataset: ArrayDataset, images: Tensor, seed: int) -> None:
        """Find symbols and patterns; the commonest symbol gets the first of :func:`_quietest_first`, and so on.

        Args:
            dataset: labelled images.
            images: of it, float 0..1 [N, C, H, W].
            seed: of k-means, of the pixels, and of the patterns' signs.
        """
        colours = self._colours[images.shape[1]]
        ordered = _quietest_first(images, gratings(self._waves.periods, self._waves.tile), colours)
        if not self.tasks:
            self.kept["patterns"] = _signed(ordered[:1], seed)
            return
        coarse = in_colours(chessboard(self._waves.coarsest, self._waves.tile)[None], colours[:1])
        own = ordered[(ordered != coarse).flatten(1).any(1)]
        pixels = self._pixels(dataset, seed)
        book = Codebook.fitted(pixels, self._planes, len(own), seed)
        times = torch.bincount(book.nearest(pixels.T[None, ..., None]).flatten(), minlength=len(own))
        self.kept["symbols"] = book.centroids[times.argsort(descending=True)]
        self.kept["patterns"] = _signed(torch.cat([own, coarse]), seed)

    def paint(self, images: Tensor, labels: Labels) -> tuple[Tensor, Tensor]:
        """The patterns of images [B, C, H, W], of -1 and 1; and which pixels have a label, bool [B, 1, H, W]."""
        patterns = self.kept["patterns"]
        if not self.tasks:
            blank = torch.zeros_like(images[:, 0], dtype=torch.int64)
            return paint(blank, patterns), torch.zeros_like(blank[:, None], dtype=torch.bool)
        anchors = self._in_anchors(labels)
        labelled = anchors.any(1)
        symbols = torch.where(
            labelled, Codebook(self._planes, self.kept["symbols"]).nearest(anchors), len(patterns) - 1
        )
        return paint(symbols, patterns), labelled[:, None]

    def expected(self, channels: int, patterns: int) -> dict[str, Tensor]:
        """What ``kept`` holds after :meth:`fit` on images of ``channels``, given its number of patterns."""
        if channels not in self._colours or patterns < 1:
            raise ValueError(f"images of {counted(channels, 'channel')} have no code of {counted(patterns, 'pattern')}")
        symbols = {"symbols": torch.empty(patterns - 1, sum(self._planes))} if self.tasks else {}
        return {"patterns": torch.empty(patterns, channels, self._waves.tile, self._waves.tile), **symbols}

    def _in_anchors(self, labels: Labels) -> Tensor:
        """Labels in anchors, each task's as heavy as :meth:`_weight` says, [B, anchors of all tasks, H, W]."""
        return torch.cat([self._weight(task) * task.anchor_weights(labels[task.name]) for task in self.tasks], dim=1)

    def _weight(self, task: DenseTask) -> float:
        """How heavy a task's anchors are where all dense tasks share one code of few symbols."""
        if isinstance(task, ClassTask) and self._waves.luminance:
            return CLASS_WEIGHT
        return VECTOR_WEIGHT if task.vector else 1.0

    def _pixels(self, dataset: ArrayDataset, seed: int) -> Tensor:
        """The same of some pixels of every image, [N, anchors of all tasks]."""
        draw, drawn = stream(seed), []
        for batch in dataset.batches(_CHUNK):
            anchors = self._in_anchors(batch.labels).flatten(2)
            places = torch.randint(anchors.shape[2], (len(anchors), 1, self._count), generator=draw)
            drawn.append(anchors.gather(2, places.expand(-1, anchors.shape[1], -1)).transpose(1, 2).flatten(0, 1))
        return torch.cat(drawn)


class ImageCode:
    """Turns of the sign: those down the image are the symbol of one half of the tasks, those across that of the other.

    Args:
        tasks: image-level tasks; may be none.
        kept: what :meth:`fit` finds: ``down`` and ``across``, [symbols, anchors of the group's tasks] each.
        spacings: pixels between the turns of each symbol of a group.
    """

    def __init__(self, tasks: Sequence[ImageTask], kept: dict[str, Tensor], spacings: Sequence[int]) -> None:
        self.spacings = tuple(spacings)
        self.kept = kept
        self.groups = {name: tuple(group) for name, group in zip(GROUPS, split_in_groups(tasks), strict=True) if group}
        self._planes = {name: tuple(task.anchors for task in group) for name, group in self.groups.items()}

    def fit(self, labels: Mapping[str, Any], seed: int) -> None:
        """Find the symbols of labels {task: [N]}; ``seed`` is of k-means, and of which symbol comes first."""
        for name, group in self.groups.items():
            book = Codebook.fitted(in_anchors(group, labels), self._planes[name], len(self.spacings), seed)
            used = book.centroids[: book.used]
            self.kept[name] = torch.cat([used.roll(seed % 2**32 % max(1, book.used), 0), book.centroids[book.used :]])

    def starts(self, first: Sequence[int], size: Sequence[int], draw: torch.Generator) -> list[int]:
        """Where turns begin down and across, so that no two of a group's symbols that stand for labels look the same.

        Where it can be had, neither do two pairs of a symbol down and one across.

        Args:
            first: taken where all that holds.
            size: (H, W) of the images.
            draw: of others.

        Raises:
            InputError: the images are too small for as many symbols.
        """
        told: list[dict[int, bool]] = [{start: True} for start in first]
        for name in self.groups:
            axis = GROUPS.index(name)
            others = torch.randint(max(self.spacings), (_TRIES,), generator=draw).tolist()
            told[axis] = self._told_apart(name, size[axis], dict.fromkeys((first[axis], *others)))
            if not told[axis]:
                raise self._too_small(name, size)
        for down, across in itertools.product(*told):
            if told[0][down] or told[1][across]:  # a negative down and a negative across give the signs of neither
                return [down, across]
        return [next(iter(starts)) for starts in told]

    def signs(self, images: Tensor, labels: Labels, starts: Sequence[int]) -> tuple[Tensor, Tensor]:
        """The signs of images [B, C, H, W], [B, 1, H, W] of -1 and 1; and which have a label, bool [B, 1, 1, 1].

        Nothing turns in the direction of a group that has no label. ``starts`` shifts the turns down
        and across.
        """
        signs, labelled = torch.ones_like(images[:, :1]), torch.zeros_like(images[:, :1, :1, :1], dtype=torch.bool)
        for name, group in self.groups.items():
            spacing = self._spacings(name, in_anchors(group, labels))
            axis = GROUPS.index(name)
            line = turns(spacing, images.shape[2 + axis], starts[axis])[:, None, :, None]
            signs = signs * (line if name == GROUPS[0] else line.mT)
            labelled = labelled | (spacing > 0)[:, None, None, None]
        return signs, labelled

    def expected(self) -> dict[str, Tensor]:
        """What ``kept`` holds after :meth:`fit`."""
        return {name: torch.empty(len(self.spacings), sum(planes)) for name, planes in self._planes.items()}

    def _used(self, name: str) -> tuple[int, ...]:
        """The spacings of a group's symbols that stand for a label."""
        return self.spacings[: Codebook(self._planes[name], self.kept[name]).used]

    def _told_apart(self, name: str, length: int, starts: Iterable[int]) -> dict[int, bool]:
        """The starts with which a group's symbols differ, and whether none is the negative of another then."""
        used, told = self._used(name), {}
        for start in starts:
            lines = turns(torch.tensor(used, dtype=torch.int64), length, start)
            if len({tuple(line) for line in lines.tolist()}) == len(used):
                told[start] = len({tuple(line) for line in (lines * lines[:, :1]).tolist()}) == len(used)
        return told

    def _too_small(self, name: str, size: Sequence[int]) -> InputError:
        tasks = ", ".join(task.name for task in self.groups[name])
        return InputError(
            f"images of {size[0]}x{size[1]} pixels are too small for the joint code, which has to tell "
            f"{len(self._used(name))} kinds of labels apart ({tasks}): use larger images ({param('size')}), or another "
            f"method ({param('method')} tap)"
        )

    def _spacings(self, name: str, anchors: Tensor) -> Tensor:
        """Pixels between turns, int64 [B]; 0 without a label."""
        symbols = Codebook(self._planes[name], self.kept[name]).nearest(anchors[..., None, None])[:, 0, 0]
        return torch.where(anchors.any(1), torch.tensor(self.spacings, device=symbols.device)[symbols], 0)


def split_in_groups(tasks: Sequence[ImageTask]) -> tuple[list[ImageTask], list[ImageTask]]:
    """Image-level tasks in two groups that have about as many combinations of labels; either may be empty."""
    groups: tuple[list[ImageTask], list[ImageTask]] = ([], [])
    for task in sorted(tasks, key=lambda task: task.anchors):
        min(groups, key=lambda group: math.prod(task.anchors for task in group)).append(task)
    return groups


def in_anchors(tasks: Sequence[ImageTask], labels: Mapping[str, Any]) -> Tensor:
    """Labels in anchors, [N, anchors of all tasks]; all 0 for a task without a label."""
    columns = {task: labels[task.name][:] for task in tasks}
    return torch.cat([task.anchor_weights(label) for task, label in columns.items()], dim=1)


def _quietest_first(images: Tensor, waves: Tensor, colours: Sequence[Sequence[float]]) -> Tensor:
    """Every wave in the colour that images hold least of, then in the next one: two waves are easier to tell apart
    than two colours of one wave."""
    patterns = [in_colours(waves, [colour]) for colour in colours]
    held = [energy(images, of_colour) for of_colour in patterns]
    ordered = sorted(range(len(colours)), key=lambda colour: float(held[colour].sum()))
    return torch.cat([patterns[colour][held[colour].argsort()] for colour in ordered])


def _signed(patterns: Tensor, seed: int) -> Tensor:
    """Each pattern or its negative."""
    drawn = torch.randint(2, (len(patterns), 1, 1, 1), generator=stream(seed))
    return patterns * (1 - 2 * drawn)

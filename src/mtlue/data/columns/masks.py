"""Columns of files: which columns of a table name label maps, and what tasks these are."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtlue.data.columns.file_columns import is_file_column
from mtlue.data.columns.rules import ColumnRule
from mtlue.data.files.folders import locate
from mtlue.data.files.labelmaps import LOSSY, read_values
from mtlue.imaging.files import UnreadableImageError
from mtlue.tasks import KINDS, DenseTask, Segmentation
from mtlue.tasks.segmentation import Code
from mtlue.wording import counted

MOST_CLASSES = 256
"""Different numbers or colours of masks that are still taken for classes."""
VOID = 255
"""What most mask files hold where a pixel has no label."""
_SAMPLED = 12
_FEW_PER_FILE = 8
"""Values of a file that is taken for a mask whatever it looks like."""
_FEW = 64
"""Values of a file that is taken for a mask if it has flat areas."""
_FLAT = 0.6
"""Share of equal neighbours of such a file: photos have less, or more values."""


def dense_kind(name: str | None) -> type[DenseTask] | None:
    """The kind of task of this name if its labels are per pixel; None for others, and for no name."""
    kind = KINDS.get(name) if name is not None else None
    return kind if kind is not None and issubclass(kind, DenseTask) else None


def names_label_maps(cells: "pd.Series[str]", rule: ColumnRule, root: Path) -> bool:
    """Whether a column's labels are files: its rule says so, or says no kind and the cells name files."""
    return dense_kind(rule.kind) is not None or (rule.kind is None and is_file_column(cells, root))


def dense_task(
    name: str, cells: "pd.Series[str]", rule: ColumnRule, root: Path
) -> tuple[DenseTask | None, str, Sequence[str]]:
    """The task of a column of files: as the rule says, else segmentation with the classes that the masks hold.

    Returns:
        The task (or None), why there is none, and notes.

    Raises:
        InputError: the rule contradicts itself.
    """
    kind = dense_kind(rule.kind) or Segmentation
    if kind is not Segmentation:
        asked = {item.name: getattr(rule, item.name) for item in fields(kind) if hasattr(rule, item.name)}
        return kind(name, **asked), "", ()
    if rule.classes:
        return ruled_segmentation(name, rule), "", ()
    files = [path for cell in cells.dropna() if (path := locate(root, cell)[0])]
    return _discovered_segmentation(name, files, root, tuple(map(to_code, rule.ignore)), certain=rule.kind is not None)


def ruled_segmentation(name: str, rule: ColumnRule) -> Segmentation:
    """The task of a rule that names the classes.

    Raises:
        InputError: the rule contradicts itself.
    """
    return Segmentation(name, rule.classes, tuple(map(to_code, rule.codes)), tuple(map(to_code, rule.ignore)))


def to_code(text: str) -> Code:
    """The number or the colour #rrggbb that a text means."""
    if not text.startswith("#"):
        return int(text)
    value = int(text[1:], 16)
    return value >> 16, value >> 8 & 255, value & 255


def _discovered_segmentation(
    name: str, files: Sequence[str], root: Path, ignore: tuple[Code, ...], certain: bool
) -> tuple[DenseTask | None, str, Sequence[str]]:
    """The task whose classes the masks hold; unless ``certain``, they must look like masks."""
    contents, fault = _mask_contents(files, root)
    if fault:
        return None, fault, ()
    if not certain and not _are_masks(contents):
        return None, f"names files that look like photos ({_SUMMARY.format(*_summary(contents))}): {SAY_MASKS}", ()
    texts = {text for content in contents for text in content.codes}
    codes = {to_code(text) for text in texts} - {*ignore, -1}
    void = VOID in codes and codes != {0, VOID}
    if void:
        codes.discard(VOID)
    if len(codes) < 2 or len({isinstance(code, tuple) for code in codes}) > 1:
        kinds = f"{counted(len(codes), 'kind')} of pixel ({', '.join(sorted(texts)[:5])})"
        return None, f"names masks of {kinds}: {_HINT}", ()
    ordered = sorted(codes, key=lambda code: (code,) if isinstance(code, int) else code)
    classes = tuple(_text(code) for code in ordered)
    notes = [f"task '{name}': {VOID} in masks counts as unlabelled"] if void else []
    return Segmentation(name, classes, tuple(ordered), (*ignore, *((VOID,) if void else ()))), "", notes


def _mask_contents(files: Sequence[str], root: Path) -> tuple[list["_MaskContent"], str]:
    """What the files hold; and why they cannot be masks."""
    lossy = next((file for file in files if Path(file).suffix.lower() in LOSSY), None)
    if lossy is not None:
        return [], f"names {lossy}: JPEG changes the numbers of classes; save masks as PNG"
    contents: list[_MaskContent] = []
    texts: set[str] = set()
    with ThreadPoolExecutor() as pool:
        for file, one in zip(files, pool.map(lambda file: _mask_content(root / file), files), strict=True):
            if isinstance(one, str):
                return [], f"names {file}, {one}: {_HINT}"
            if one is not None:
                contents.append(one)
                texts |= one.codes
            if len(texts) > MOST_CLASSES:
                return [], f"names masks of more than {MOST_CLASSES} different numbers or colours: {_HINT}"
    return contents, "" if contents else f"names no mask file that can be read: {_PATHS}"


_HINT = "say what they are in a tasks file (kind: segmentation with classes, depth or normals)"


_PATHS = "write the paths of mask files, relative to the data folder, into its cells"
SAY_MASKS = "if they are masks, say so in a tasks file (kind: segmentation)"
_SUMMARY = "{} different values, {} in a typical file, {:.0%} of its neighbouring pixels equal"


@dataclass(frozen=True)
class _MaskContent:
    """What a file holds.

    Attributes:
        codes: its numbers or colours, as texts.
        flat: share of neighbouring pixels that are equal.
    """

    codes: frozenset[str]
    flat: float


def _are_masks(contents: Sequence[_MaskContent]) -> bool:
    """Whether files look like masks: very few values; or flat areas of not many, as no photo has them."""
    values, usual, flat = _summary(contents)
    if usual <= _FEW_PER_FILE and values <= _FEW:
        return True
    return usual <= _FEW and flat >= _FLAT


def _summary(contents: Sequence[_MaskContent]) -> tuple[int, int, float]:
    """Different values of all files; how many the median file holds, and how flat it is."""
    values = len({text for content in contents for text in content.codes})
    return (
        values,
        round(median(len(content.codes) for content in contents)),
        median(content.flat for content in contents),
    )


def resembles(cells: "pd.Series[str]", root: Path, images: Sequence[str]) -> bool:
    """Whether files may be images as well, because images of few values, such as scans or icons, look like masks too.

    Args:
        cells: a column that names files below ``root``.
        images: paths below ``root``.
    """
    theirs = _sampled([root / file for file in images])
    if not theirs or not _are_masks(theirs):
        return False
    ours = _sampled([root / path for cell in cells.dropna() if (path := locate(root, cell)[0])])
    if not ours or 2 * _summary(ours)[1] < _summary(theirs)[1]:
        return False
    values, image_values = (
        frozenset[str]().union(*(content.codes for content in contents)) for contents in (ours, theirs)
    )
    coloured = all(text.startswith("#") for text in values | image_values)
    return coloured or values <= image_values or len(values) == len(image_values) == 2


def _sampled(paths: Sequence[Path]) -> list[_MaskContent]:
    """What some of the files hold that can be read and are not blank."""
    contents = map(_mask_content, paths[:: max(1, len(paths) // _SAMPLED)][:_SAMPLED])
    return [one for one in contents if isinstance(one, _MaskContent) and len(one.codes) > 1]


def _mask_content(path: Path) -> _MaskContent | str | None:
    """What a file holds; None where it cannot be read: reading it again will say why; a text where it is not a mask."""
    try:
        values = read_values(path, colour=False)
    except UnreadableImageError:
        return None
    codes = _codes_of(values)
    return "whose numbers are not whole" if codes is None else _MaskContent(frozenset(codes), _flatness(values))


def _codes_of(values: NDArray[Any]) -> set[str] | None:
    """The numbers or colours of a mask, as texts; None where its numbers are not whole."""
    if values.ndim == 3 and values.shape[2] == 3 and values.dtype == np.uint8:
        packed = np.unique(values.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32))
        return {f"#{colour:06x}" for colour in packed[: MOST_CLASSES + 1]}
    numbers = np.unique(values)[: MOST_CLASSES + 1]
    whole = np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()
    return _texts(int(number) for number in numbers) if whole else None


def _flatness(values: NDArray[Any]) -> float:
    """Share of pixels that equal their right, or their lower, neighbour; 1 where there are no neighbours."""
    pixels = values.reshape(*values.shape[:2], -1)
    equal = [(pixels[:, 1:] == pixels[:, :-1]).all(2), (pixels[1:] == pixels[:-1]).all(2)]
    pairs = np.concatenate([part.reshape(-1) for part in equal])
    return float(pairs.mean()) if len(pairs) else 1.0


def _texts(codes: Iterable[Code]) -> set[str]:
    return {_text(code) for code in codes}


def _text(code: Code) -> str:
    return "#{:02x}{:02x}{:02x}".format(*code) if isinstance(code, tuple) else str(code)

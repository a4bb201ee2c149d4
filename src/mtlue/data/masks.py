"""Columns of files: which columns of a table name label maps, and what tasks these are."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from mtlue.data.columns.rules import ColumnRule
from mtlue.data.folders import locate
from mtlue.data.image_files import UnreadableImageError
from mtlue.data.image_formats import ARRAY_SUFFIX, SUFFIXES
from mtlue.data.labelmaps import LOSSY, read_values
from mtlue.tasks import KINDS, DenseTask, Segmentation
from mtlue.tasks.segmentation import Code

DENSE_KINDS = {name: kind for name, kind in KINDS.items() if issubclass(kind, DenseTask)}
MOST_CLASSES = 256
"""Different numbers or colours of masks that are still taken for classes."""
VOID = 255
"""What most mask files hold where a pixel has no label."""
_SEARCHED = 20


def is_mask_column(cells: "pd.Series[str]", root: Path) -> bool:
    """Whether a column names image or array files below ``root``."""
    some = [str(cell) for cell in islice(cells.dropna(), _SEARCHED)]
    named = all(Path(cell.strip()).suffix.lower() in (*SUFFIXES, ARRAY_SUFFIX) for cell in some)
    return bool(some) and named and any(locate(root, cell)[0] for cell in some)


def dense_task(
    name: str, cells: "pd.Series[str]", rule: ColumnRule, root: Path
) -> tuple[DenseTask | None, str, Sequence[str]]:
    """The task of a column of files: as the rule says, else segmentation with the classes that the masks hold.

    Returns:
        The task (or None), why there is none, and notes.

    Raises:
        InputError: the rule contradicts itself.
    """
    kind = DENSE_KINDS[rule.kind or Segmentation.kind]
    if kind is not Segmentation:
        asked = {field.name: getattr(rule, field.name) for field in fields(kind) if field.name != "name"}
        return kind(name, **asked), "", ()
    if rule.classes:
        return ruled_segmentation(name, rule), "", ()
    files = [path for cell in cells.dropna() if (path := locate(root, cell)[0])]
    return _found_segmentation(name, files, root, tuple(map(to_code, rule.ignore)))


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


def _found_segmentation(
    name: str, files: Sequence[str], root: Path, ignore: tuple[Code, ...]
) -> tuple[DenseTask | None, str, Sequence[str]]:
    lossy = next((file for file in files if Path(file).suffix.lower() in LOSSY), None)
    if lossy is not None:
        return None, f"names {lossy}: JPEG changes the numbers that stand for classes; save masks as PNG", ()
    texts: set[str] = set()
    with ThreadPoolExecutor() as pool:
        for file, its in zip(files, pool.map(lambda file: _codes_of(root / file), files), strict=True):
            if its is None:
                return None, f"names {file}, whose numbers are not whole: {_HINT}", ()
            texts |= its
            if len(texts) > MOST_CLASSES:
                return None, f"names masks of more than {MOST_CLASSES} different numbers or colours: {_HINT}", ()
    codes = {to_code(text) for text in texts} - {*ignore, -1}
    void = VOID in codes and codes != {0, VOID}
    if void:
        codes.discard(VOID)
    if not texts:
        return None, f"names no mask file that can be read: {_HINT}", ()
    if len(codes) < 2 or len({isinstance(code, tuple) for code in codes}) > 1:
        return None, f"names masks of {len(codes)} kind(s) of pixel ({', '.join(sorted(texts)[:5])}): {_HINT}", ()
    ordered = sorted(codes, key=lambda code: (code,) if isinstance(code, int) else code)
    classes = tuple(_text(code) for code in ordered)
    notes = [f"task '{name}': {VOID} in masks counts as unlabelled"] if void else []
    return Segmentation(name, classes, tuple(ordered), (*ignore, *((VOID,) if void else ()))), "", notes


_HINT = "say what they are in a tasks file (kind: segmentation with classes, depth or normals)"


def _codes_of(path: Path) -> set[str] | None:
    """The numbers or colours of a mask, as texts; none where it cannot be read: reading it again will say why.

    None where its numbers are not whole.
    """
    try:
        values = read_values(path, colour=False)
    except UnreadableImageError:
        return set()
    if values.ndim == 3 and values.shape[2] == 3 and values.dtype == np.uint8:
        return _texts(
            (int(r), int(g), int(b)) for r, g, b in np.unique(values.reshape(-1, 3), axis=0)[: MOST_CLASSES + 1]
        )
    found = np.unique(values)[: MOST_CLASSES + 1]
    whole = np.isfinite(found).all() and (found == np.round(found)).all()
    return _texts(int(value) for value in found) if whole else None


def _texts(codes: Iterable[Code]) -> set[str]:
    return {_text(code) for code in codes}


def _text(code: Code) -> str:
    return "#{:02x}{:02x}{:02x}".format(*code) if isinstance(code, tuple) else str(code)

"""What the cache keeps, counted while other commands fill it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtlue.arrays.upkeep import ABOUT, kept_in
from mtlue.files import write_json


def store(cache: Path) -> Path:
    place = cache / ("0" * 32)
    (place / "inner").mkdir(parents=True)
    write_json(place / ABOUT, {"folder": "photos"})
    (place / "inner/rows").write_bytes(bytes(1000))
    return place


def test_a_file_that_goes_while_they_are_counted_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = store(tmp_path)
    expected = 1000 + (place / ABOUT).stat().st_size
    (place / "link").symlink_to(place / "inner/rows")
    whole, walk = os.lstat, os.walk

    def hurried(*given: Any, **options: Any) -> Iterator[tuple[str, list[str], list[str]]]:
        """A temporary file and a folder go as soon as they have been listed."""
        (place / "gone").mkdir()
        (place / ".1.parquet.tmp").write_bytes(bytes(50))
        for folder, folders, names in walk(*given, **options):
            (place / ".1.parquet.tmp").unlink(missing_ok=True)
            shutil.rmtree(place / "gone", ignore_errors=True)
            yield folder, folders, names

    monkeypatch.setattr(os, "walk", hurried)
    (kept,) = kept_in(tmp_path)
    assert (kept.source, kept.size) == ("photos", expected)
    assert kept.used == max(whole(path).st_mtime for path in (place / ABOUT, place / "inner/rows"))

"""Clean images that a private folder remembers, for commands that are started elsewhere."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import save_image
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import recognised
from mtlue.data.rows.rows import FILE
from mtlue.data.sources.table import Table
from mtlue.jobs.requests.remembered_data import wherever_started, with_given

LABELS = "file,kind\n1.png,cat\n2.png,dog\n"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two photos with a table; the current folder is another one, which holds a table of the same name."""
    root = tmp_path / "photos"
    for name in ("1.png", "2.png"):
        save_image(root / name, (8, 8))
    (root / "labels.csv").write_text(LABELS)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "labels.csv").write_text(LABELS.replace("cat", "other"))
    monkeypatch.chdir(elsewhere)
    return root


def kinds(data: DataOptions) -> list[str]:
    return [*Table().rows(data, read_labels=True).frame["kind"]]


def test_a_table_of_the_data_folder_stays_its_own(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = Path.cwd()
    for start in (photos.parent, elsewhere):
        monkeypatch.chdir(start)
        kept = wherever_started(recognised(DataOptions(data=photos)))
        assert kept.labels == Path("labels.csv")
        monkeypatch.chdir(elsewhere)
        assert kinds(with_given(kept, {})) == ["cat", "dog"]
    moved = photos.rename(photos.with_name("moved"))
    assert kinds(with_given(kept, {"data": moved})) == ["cat", "dog"]
    assert kinds(with_given(kept, {"data": moved, "labels": Path("labels.csv")})) == ["other", "dog"]


def test_a_table_that_was_named_from_elsewhere_is_found_again(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = wherever_started(DataOptions("table", photos, labels=Path("labels.csv")))
    monkeypatch.chdir(photos.parent)
    assert kinds(with_given(kept, {})) == ["other", "dog"]


def test_a_zip_file_has_its_own_table(photos: Path, tmp_path: Path) -> None:
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", photos))
    kept = wherever_started(recognised(DataOptions(data=archive, cache=tmp_path / "cache")))
    assert kept.labels == Path("labels.csv")
    again = with_given(replace(kept, cache=None, no_cache=True), {})
    assert kinds(again) == ["cat", "dog"]
    assert [*Table().rows(again, read_labels=True).frame[FILE]] == ["1.png", "2.png"]

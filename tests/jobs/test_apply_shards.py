"""``apply`` from shards to shards: one at a time, as all at once, whole or not at all, and in flat memory."""

import gc
import io
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mtlue import Runtime
from mtlue.data.listing import FileNote
from mtlue.data.loading import Collection
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.events import Event, PartsRead, ReleaseWritten
from mtlue.jobs.protection.protect import run_protect
from mtlue.jobs.releases import apply_kept as apply_job
from mtlue.jobs.releases.apply import run_apply
from mtlue.jobs.releases.apply_reading import read_as_fitted
from mtlue.jobs.releases.verify import run_verify
from mtlue.jobs.requests.owner import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, ReleaseForm
from mtlue.release.shards.unpacking import as_files
from shard_files import samples, write_parquet, write_tar, write_tars

RUNTIME = Runtime("cpu")
KINDS = pytest.mark.parametrize("kind", PACKINGS.rows)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_tars(tmp_path / "in/a-train.tar", range(9))
    write_tars(tmp_path / "in/b-train.tar", range(9, 12))
    write_tars(tmp_path / "in/c-test.tar", range(12, 16))
    return tmp_path / "in"


@pytest.fixture
def private(root: Path, tmp_path: Path) -> Path:
    method = MethodChoice("noise")
    run_protect(ProtectRequest(DataOptions("shards", root), tmp_path / "fitted", method=method, seed=3), RUNTIME)
    return tmp_path / "fitted/private"


def applied(private: Path, root: Path, out: Path, form: str, **more: Any) -> list[Event]:
    events: list[Event] = []
    request = ApplyRequest(DataOptions("shards", root), out, form=ReleaseForm(form), private=private, **more)
    request.examine()
    run_apply(request, RUNTIME, events.append)
    return events


def images(release: Path) -> dict[str, bytes]:
    return {path.relative_to(release).as_posix(): path.read_bytes() for path in (release / "images").rglob("*.png")}


@KINDS
def test_shard_by_shard_is_as_all_at_once(kind: str, root: Path, private: Path, tmp_path: Path) -> None:
    applied(private, root, tmp_path / "files", "png")
    *_, written, read = applied(private, root, tmp_path / "out", kind, fidelity=True)
    assert isinstance(written, ReleaseWritten)
    assert isinstance(read, PartsRead)
    assert not [note for note in read.notes if "unpacked" in note or "no images for" in note]
    assert written.manifest.counts == {"train": 12, "test": 4}
    assert sorted(path.stem for path in (tmp_path / "out/release/data").iterdir()) == [
        *("test-00000-of-00001", "train-00000-of-00002", "train-00001-of-00002"),
    ]
    assert images(as_files(tmp_path / "out/release", None)) == images(tmp_path / "files/release")
    assert run_verify(VerifyRequest(tmp_path / "out", DataOptions("shards", root)), RUNTIME).proof.largest_change == 8
    ids = (tmp_path / "out/private/ids.csv").read_text()
    assert ids == (tmp_path / "files/private/ids.csv").read_text()


@KINDS
def test_some_splits_alone(kind: str, root: Path, private: Path, tmp_path: Path) -> None:
    *_, written, _ = applied(private, root, tmp_path / "out", kind, splits=("test",))
    assert isinstance(written, ReleaseWritten)
    assert written.manifest.counts == {"test": 4}
    with pytest.raises(InputError, match="splits val: name one or more of test, train"):
        applied(private, root, tmp_path / "other", kind, splits=("val",))


def test_notes_on_images_of_a_shard_are_told_for_each_file(root: Path, private: Path, tmp_path: Path) -> None:
    members = samples(range(12, 16))
    seen_through = io.BytesIO()
    Image.new("RGBA", (23, 17), (9, 9, 9, 99)).save(seen_through, "PNG")
    write_tar(root / "c-test.tar", [(members[0][0], seen_through.getvalue()), *members[1:]])
    *_, read = applied(private, root, tmp_path / "out", "parquet")
    assert isinstance(read, PartsRead)
    (note,) = (note for note in read.notes if isinstance(note, FileNote))
    assert note.file.endswith("00012.png")


def bad(root: Path) -> Iterator[tuple[str, str]]:
    write_tars(root / "d-test.tar", [3])
    yield r"id 'i3' appears in .*a-train.* and in .*d-test", "once more"
    write_tar(root / "d-test.tar", [("x.png", b""), ("x.json", b'{"id": "x", "tone": "dark"}')])
    yield r"d-test\.tar", "no column"
    write_parquet(root / "d-test.parquet", [20])
    yield "several kinds", "both"


def test_no_release_appears_where_the_last_shard_is_bad(root: Path, private: Path, tmp_path: Path) -> None:
    for message, _ in bad(root):
        for examined in (True, False):
            request = ApplyRequest(
                DataOptions("shards", root), tmp_path / "out", form=ReleaseForm("parquet"), private=private
            )
            with pytest.raises(InputError, match=message):
                request.examine() if examined else run_apply(request, RUNTIME)
            assert not (tmp_path / "out/release").exists()


def test_one_shard_is_held_at_a_time(
    root: Path, private: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read of a shard is gone, in memory and on disk, before the next but one is read."""
    held: list[weakref.ref[Any]] = []
    folders: list[Path] = []

    def read(data: DataOptions, *arguments: Any) -> Collection:
        gc.collect()
        assert sum(one() is not None for one in held) <= 1
        assert not any(folder.exists() for folder in folders)
        collection = load_part(data, *arguments)
        assert data.cache is not None
        folders.append(data.cache)
        held.append(weakref.ref(collection))
        return collection

    load_part = read_as_fitted
    monkeypatch.setattr(apply_job, "read_as_fitted", read)
    applied(private, root, tmp_path / "out", "parquet")
    assert len(held) == 3 + 1, "the first once more, for what is said of all"

"""``apply`` from shards to shards: one at a time, as all at once, whole or not at all, and in flat memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.jobs.apply import run_apply
from mtlue.jobs.events import Event, PartsRead, ReleaseWritten
from mtlue.jobs.protect import run_protect
from mtlue.jobs.requests import ApplyRequest, ProtectRequest, VerifyRequest
from mtlue.jobs.verify import run_verify
from mtlue.methods.options import MethodChoice
from mtlue.release.form import PACKINGS, ReleaseForm
from mtlue.release.shards.unpacking import as_files
from shard_files import write_parquet, write_tar, write_tars

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


def bad(root: Path) -> Iterator[tuple[str, str]]:
    write_tars(root / "d-test.tar", [3])
    yield r"id 'i3' appears in .*a-train.* and in .*d-test", "once more"
    write_tar(root / "d-test.tar", [("x.png", b""), ("x.json", b'{"id": "x", "tone": "dark"}')])
    yield r"d-test\.tar", "no column"
    write_parquet(root / "d-test.parquet", [20])
    yield "several kinds", "both"


def test_nothing_appears_where_the_last_shard_is_bad(root: Path, private: Path, tmp_path: Path) -> None:
    for message, _ in bad(root):
        for examined in (True, False):
            request = ApplyRequest(
                DataOptions("shards", root), tmp_path / "out", form=ReleaseForm("parquet"), private=private
            )
            with pytest.raises(InputError, match=message):
                request.examine() if examined else run_apply(request, RUNTIME)
            assert not (tmp_path / "out").exists()


PEAK = """
import resource, sys
from pathlib import Path
import torch
from mtlue import Runtime
from mtlue.data.options import DataOptions
from mtlue.jobs.apply import run_apply
from mtlue.jobs.requests import ApplyRequest
from mtlue.release.form import ReleaseForm
private, root, out = map(Path, sys.argv[1:])
torch.set_num_threads(1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run_apply(ApplyRequest(DataOptions("shards", root), out, form=ReleaseForm("parquet"), private=private), Runtime("cpu"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_number_of_shards(private: Path, tmp_path: Path) -> None:
    """2 shards and 8 of 200 images each: the images of one alone, decoded, are 10 MB."""
    peaks = []
    for count in (2, 8):
        root = tmp_path / str(count)
        for shard in range(count):
            write_tars(root / f"train-{shard}.tar", range(200 * shard, 200 * shard + 200), size=(128, 128))
        command = [sys.executable, "-c", PEAK, private, root, tmp_path / f"out{count}"]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout.split()[-1]))
    assert peaks[1] < peaks[0] + 20_000  # KiB; all images would be 60 MB more

"""Archives unpacked once: into the cache, or into a folder that goes with the process; whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mtlue.arrays import upkeep
from mtlue.arrays.entries import Content, Files, RowType, file_states
from mtlue.arrays.store import store_for
from mtlue.arrays.upkeep import delete, kept_in
from mtlue.data.files.folders import find_files
from mtlue.data.files.unpacking import unpacked
from mtlue.errors import InputError, OutputError
from mtlue.progress import Silent


class Unpacker:
    """Writes a file, and counts how often it does."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, folder: Path) -> None:
        self.calls += 1
        (folder / "image.png").write_bytes(b"image")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.tar"
    path.write_bytes(b"one")
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_files_in_the_same_state_are_unpacked_once(archive: Path, cache: Path) -> None:
    unpack = Unpacker()
    first, again = (unpacked("shards", [archive], unpack, cache) for _ in range(2))
    assert first == again
    assert unpack.calls == 1
    assert (first.root / "image.png").read_bytes() == b"image"
    assert first.root.parent == cache / "shards"
    assert "9 images were unpacked, clean, into" in first.note("9 images")
    assert "stay there" in first.note("9 images")


def test_another_state_key_or_name_gives_another_folder(archive: Path, cache: Path) -> None:
    unpack = Unpacker()
    roots = [unpacked("shards", [archive], unpack, cache).root]
    roots += [unpacked("shards", [archive], unpack, cache, key="*.tar").root]
    roots += [unpacked("others", [archive], unpack, cache).root]
    archive.write_bytes(b"two, longer")
    roots += [unpacked("shards", [archive], unpack, cache).root]
    assert len(set(roots)) == unpack.calls == 4


@pytest.mark.parametrize(("error", "shown"), [(InputError("bad"), InputError), (OSError(28, "full"), OutputError)])
def test_nothing_is_left_of_what_failed(archive: Path, cache: Path, error: Exception, shown: type[Exception]) -> None:
    def fail(folder: Path) -> None:
        Unpacker()(folder)
        raise error

    with pytest.raises(shown):
        unpacked("shards", [archive], fail, cache)
    assert not list((cache / "shards").iterdir())


def test_what_a_killed_process_left_is_removed(archive: Path, cache: Path) -> None:
    child = f"""
import os
from pathlib import Path
from mtlue.data.files.unpacking import unpacked
def unpack(folder):
    (folder / "image.png").write_bytes(b"half")
    os.kill(os.getpid(), 9)
unpacked("shards", [Path({str(archive)!r})], unpack, Path({str(cache)!r}))
"""
    subprocess.run([sys.executable, "-c", child], check=False)
    assert len(list((cache / "shards").iterdir())) == 1
    made = unpacked("shards", [archive], Unpacker(), cache)
    assert [path for path in (cache / "shards").iterdir() if path.is_dir()] == [made.root]


def test_without_a_cache_the_folder_goes_with_the_process(archive: Path, tmp_path: Path) -> None:
    child = f"""
from pathlib import Path
from mtlue.data.files.unpacking import unpacked
unpack = lambda folder: (folder / "image.png").write_bytes(b"image")
first, again = (unpacked("shards", [Path({str(archive)!r})], unpack, None) for _ in range(2))
assert first == again and (first.root / "image.png").is_file() and "are removed" in first.note("9 images")
print(first.root)
"""
    place = tmp_path / "temporary"
    place.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", child],
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(place)
    assert not list(place.iterdir())


def test_the_cache_says_what_images_were_unpacked_from(archive: Path, cache: Path) -> None:
    place = unpacked("shards", [archive], Unpacker(), cache)
    assert find_files(place.root) == ["image.png"]
    assert [one.source for one in kept_in(cache)] == [f"{archive}, unpacked"]
    files = Files(1, lambda _: file_states(place.root, ["image.png"]), lambda _: Content(np.zeros(1, np.uint8)))
    store_for(place.root, cache, {}, RowType((1,), "uint8")).read_all(files, Silent(), "reading")
    assert [one.source for one in kept_in(cache)] == [f"{archive}, unpacked"] * 2


@pytest.mark.parametrize("filled", [False, True])
def test_what_a_process_unpacked_or_found_stays_while_it_lives(archive: Path, cache: Path, filled: bool) -> None:
    pytest.importorskip("fcntl")
    if filled:
        unpacked("shards", [archive], Unpacker(), cache)
        upkeep._held.clear()
    child = f"""
import sys
from pathlib import Path
from mtlue.data.files.unpacking import unpacked
unpack = lambda folder: (folder / "image.png").write_bytes(b"image")
unpacked("shards", [Path({str(archive)!r})], unpack, Path({str(cache)!r}))
print("there", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"there\n"
        (kept,) = kept_in(cache)
        assert find_files(kept.path) == ["image.png"], "what is locked does not lie among the images"
        assert not delete(kept)
        assert (kept.path / "image.png").is_file()
        other.communicate()
    assert delete(kept)
    assert [path.name for path in (cache / "shards").iterdir()] == ["about.json"]

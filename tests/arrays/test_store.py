"""Decoded pixels on disk: equal to direct decoding, reused, and safe against damage."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from conftest import Outcome, read_data, save_image, write_table
from mtlue import InputError
from mtlue.arrays.shelf import DiskShelf
from mtlue.data.loading import Collection
from mtlue.imaging.files import UnreadableImageError

read = partial(read_data, "table")


def image_rows(cache_folder: Path) -> Path:
    """The file of decoded images; a second store holds the files' headers."""
    return max(cache_folder.rglob("*.rows"), key=lambda path: path.stat().st_size)


def pixels(collection: Collection) -> torch.Tensor:
    return collection.samples.images[torch.arange(len(collection.samples))]


@pytest.mark.parametrize("options", [{}, {"size": 16}, {"channels": 1}, {"limit_train": 3}])
def test_cached_pixels_equal_direct_decoding_bit_for_bit(folder: Path, options: dict[str, object]) -> None:
    direct = read(folder, no_cache=True, **options)
    for _ in range(2):
        cached = read(folder, **options)
        assert torch.equal(pixels(cached), pixels(direct))
        assert list(cached.samples.ids) == list(direct.samples.ids)


def test_images_are_decoded_once_and_only_changed_files_again(folder: Path, decoded: list[Path]) -> None:
    read(folder, limit_train=3)
    some = len(decoded)
    assert 0 < some < 12
    read(folder)
    assert len(decoded) == 12
    read(folder)
    assert len(decoded) == 12
    save_image(folder / "even/picture 0.png", seed=99)
    changed = read(folder)
    assert [path.name for path in decoded[12:]] == ["picture 0.png"]
    assert torch.equal(pixels(changed), pixels(read(folder, no_cache=True)))


def test_a_row_goes_with_what_was_said_of_its_file(folder: Path, decoded: list[Path]) -> None:
    (folder / "even/picture 0.png").write_bytes(b"no image")
    frames = [Image.new("RGB", (24, 20), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "even/picture 2.png", format="GIF", save_all=True, append_images=frames[1:])
    first, again = read(folder), read(folder)
    assert len(decoded) == 12 - 1  # the header of one could not be read
    for collection in (first, again):
        assert [skipped.name for skipped in collection.skipped] == ["even/picture 0.png"]
        assert any("picture 2.png: animated" in note for note in collection.notes)


@pytest.mark.parametrize("damage", ["truncated", "no index", "index is no table", "empty", "longer"])
def test_a_damaged_store_is_made_again(folder: Path, cache_folder: Path, damage: str) -> None:
    expected = pixels(read(folder))
    images = image_rows(cache_folder)
    index = images.with_suffix(".parquet")
    if damage == "truncated":
        os.truncate(images, 1000)
    elif damage == "no index":
        index.unlink()
    elif damage == "index is no table":
        index.write_bytes(b"PAR1 and nothing else")
    elif damage == "empty":
        images.unlink()
    else:  # what a killed writer leaves
        with images.open("ab") as stream:
            stream.write(b"\0" * 100)
    assert torch.equal(pixels(read(folder)), expected)
    save_image(folder / "new.png", seed=50)
    write_table(folder, [{"file": "new.png", "kind": "cat"}, {"file": "even/picture 0.png", "kind": "dog"}])
    assert torch.equal(pixels(read(folder)), pixels(read(folder, no_cache=True)))


def test_pixels_that_changed_on_disk_are_never_used(folder: Path, cache_folder: Path) -> None:
    read(folder)
    images = image_rows(cache_folder)
    content = bytearray(images.read_bytes())
    content[5000] ^= 255
    images.write_bytes(content)
    with pytest.raises(InputError, match=f"delete {images.parent}"):
        pixels(read(folder))


def test_another_version_never_reads_this_ones_pixels(
    folder: Path, cache_folder: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read(folder)
    monkeypatch.setattr("mtlue.arrays.homes.VERSION", 0)
    read(folder)
    assert len(decoded) == 24
    assert len(list(cache_folder.iterdir())) == 4  # of images and of headers


def test_what_was_decoded_before_an_interrupt_is_kept(
    folder: Path, decoded: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    original = DiskShelf.add

    def interrupted(self: DiskShelf, *arguments: Any) -> object:
        if self.row.kind == "uint8" and self._rows == 5:
            raise KeyboardInterrupt
        return original(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(DiskShelf, "add", interrupted)
        with pytest.raises(KeyboardInterrupt):
            read(folder)
    before = len(decoded)
    again = read(folder)
    assert len(decoded) == before + 7
    assert torch.equal(pixels(again), pixels(read(folder, no_cache=True)))


def test_a_file_that_could_not_be_read_is_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(path: Path, pipeline: object) -> object:
        raise UnreadableImageError("it cannot be opened (Permission denied)")

    with monkeypatch.context() as patched:
        patched.setattr("mtlue.data.files.decoding.read_picture", unreadable)
        with pytest.raises(InputError, match="Permission denied"):
            read(folder)
    assert len(read(folder).samples) == 12


def test_no_cache_writes_none(folder: Path, cache_folder: Path) -> None:
    collection = read(folder, no_cache=True)
    assert isinstance(collection.samples.images, torch.Tensor)
    assert list(cache_folder.iterdir()) == []


def test_a_file_that_kept_its_length_and_date_is_read_again(folder: Path) -> None:
    path = folder / "even/picture 0.png"
    before, first = path.stat(), read(folder)
    content = bytearray(path.read_bytes())
    pixels_of = first.images[0]
    Image.fromarray(255 - pixels_of.permute(1, 2, 0).numpy()).save(path)
    path.write_bytes(path.read_bytes()[: len(content)].ljust(len(content), b"\0"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert torch.equal(pixels(read(folder)), pixels(read(folder, no_cache=True)))


def test_what_killed_writers_left_is_swept(folder: Path, cache_folder: Path) -> None:
    read(folder)
    left = [store / ".1.parquet.4711.tmp" for store in cache_folder.iterdir()]
    for path in left:
        path.write_bytes(b"half an index")
    read(folder)
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize("rest", ["nothing", "an empty file", "a part"])
def test_a_cache_that_goes_away_while_it_is_used_ends_in_a_sentence(
    folder: Path, cache_folder: Path, rest: str
) -> None:
    collection = read(folder)
    images = image_rows(cache_folder)
    if rest == "nothing":
        shutil.rmtree(cache_folder)
    else:
        os.truncate(images, 0 if rest == "an empty file" else 5000)
    with pytest.raises(InputError, match="run again" if rest == "nothing" else "delete .* and run again"):
        pixels(collection)
    assert torch.equal(pixels(read(folder)), pixels(read(folder, no_cache=True)))


def test_a_cache_that_cannot_be_written_is_named(folder: Path, mtlue: Callable[..., Outcome], tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.write_text("a file")
    outcome = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", "--cache", place)
    assert outcome.status == 2
    assert "taken" in outcome.err
    assert "--no-cache" in outcome.err

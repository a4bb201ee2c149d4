"""What is kept of images that pass by, and what is said of all of them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from mtlue.errors import InputError
from mtlue.fidelity.excerpts import LARGEST, TILE, excerpt
from mtlue.fidelity.measures import measure
from mtlue.fidelity.meter import FidelityMeter
from mtlue.fidelity.record import MEASURES, Fidelity, ImageFidelity
from mtlue.fidelity.texts import which_images
from mtlue.files import write_json
from mtlue.hashing import subset_by_hash
from mtlue.jobs.releases.private_folder import saved_fidelity


def changed(*shape: int, by: int = 4) -> tuple[Tensor, Tensor]:
    before = torch.randint(by, 256 - by, shape, dtype=torch.uint8)
    return before, (before.int() + torch.randint(1, by + 1, shape)).byte()


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_batches_and_sizes_do_not_matter(batch: int) -> None:
    shapes = [(3, 12, 14)] * 3 + [(3, 17, 23), (3, 14, 12), (3, 14, 12), (3, 6, 6)]
    pairs = [changed(*shape) for shape in shapes]
    meter = FidelityMeter([f"{i}" for i in range(7)])
    for start in range(0, 7, batch):
        meter.add(pairs[start : start + batch])
    result = meter.result()
    assert (result.released, result.sampled, result.in_tiles) == (7, 7, 0)
    assert [image.id for image in result.images] == ["0", "1", "2", "3", "4", "5", "6"]
    for image, (before, after) in zip(result.images, pairs, strict=True):
        for name, value in measure(before[None], after[None]).items():
            known = getattr(image, name)
            assert (float("nan") if known is None else known) == pytest.approx(float(value), abs=1e-3, nan_ok=True)


def test_of_many_images_the_hash_chooses() -> None:
    ids = [f"image {i}" for i in range(40)]
    pairs = [changed(1, 4, 4) for _ in ids]
    forwards, backwards = FidelityMeter(ids, most=7), FidelityMeter(ids[::-1], most=7)
    forwards.add(pairs)
    backwards.add(pairs[::-1])
    assert [image.id for image in forwards.result().images] == [ids[i] for i in subset_by_hash(ids, 7)]
    assert set(forwards.result().images) == set(backwards.result().images)
    assert (forwards.result().released, forwards.result().sampled) == (40, 7)


def test_unchanged_images_are_left_out() -> None:
    before, after = changed(3, 12, 12)
    meter = FidelityMeter(["a", "b"])
    meter.add([(before, before), (before, after)])
    assert [image.id for image in meter.result().images] == ["b"]
    assert meter.result().sampled == 2


def test_a_large_image_that_changed_between_its_tiles_is_changed(tmp_path: Path) -> None:
    before = torch.full((3, 1200, 1200), 100, dtype=torch.uint8)
    after = before.clone()
    after[:, :60, :60] += 4
    assert excerpt(before).equal(excerpt(after))
    meter = FidelityMeter(["a", "b"])
    meter.add([(before, after), (before, before)])
    (image,) = meter.result().images
    assert (image.id, image.psnr, image.ssim, image.ciede2000) == ("a", None, 1, 0)
    assert which_images(meter.result()) == "1 of 2 images (another 1 are unchanged)"
    write_json(tmp_path / "fidelity.json", meter.result().to_json())
    assert saved_fidelity(tmp_path) == meter.result()


@pytest.mark.parametrize("sides", [(600, 700), (100, 9000), (9000, 100), (2000, 3000), (512, 513), (3, 200_000)])
def test_tiles_of_large_images_are_whole_and_evenly_spaced(sides: tuple[int, int]) -> None:
    height, width = sides
    rows = torch.arange(height, dtype=torch.int32)[:, None].expand(sides)
    columns = torch.arange(width, dtype=torch.int32)[None].expand(sides)
    part = excerpt(torch.stack([rows, columns]))
    assert LARGEST / 2 <= part[0].numel() <= LARGEST
    for kept, side in ((part[0, :, 0], height), (part[1, 0], width)):
        assert len(kept) % min(TILE, side) == 0
        starts = kept[:: min(TILE, side)]
        assert torch.equal(kept, (starts[:, None] + torch.arange(min(TILE, side))).flatten())
        gaps = starts.diff(prepend=torch.tensor([-min(TILE, side)]), append=torch.tensor([side]))
        assert gaps.max() - gaps.min() <= 2


def test_a_large_image_is_measured_in_tiles() -> None:
    before = torch.full((1, 800, 600), 100, dtype=torch.uint8)
    meter = FidelityMeter(["large"])
    meter.add([(before, before + 4)])
    (image,) = meter.result().images
    assert meter.result().in_tiles == 1
    assert image.colour_cast == 4
    assert image.psnr == pytest.approx(36.09, abs=0.01)


def fidelity(*differences: float, psnr: float = 30) -> Fidelity:
    images = [ImageFidelity(f"{i}", psnr + i, None, d, d, None, d) for i, d in enumerate(differences)]
    return Fidelity(len(images), len(images), 0, tuple(images))


def test_summaries_count_what_is_defined_and_take_the_worse_end() -> None:
    found = fidelity(*range(1, 102)).summaries()
    assert list(found) == [name for name, measure in MEASURES.items() if not measure.optional]
    assert (found["ciede2000"].mean, found["ciede2000"].worst_5_percent, found["ciede2000"].images) == (51, 96, 101)
    assert (found["psnr"].mean, found["psnr"].worst_5_percent) == (80, 35)
    assert (found["near_white"].mean, found["near_white"].images) == (None, 0)


def test_the_worst_come_first() -> None:
    assert [image.id for image in fidelity(2, 5, 1, 9).worst(3)] == ["3", "1", "0"]


def test_the_record_is_read_back(tmp_path: Path) -> None:
    before, after = changed(3, 12, 9)
    meter = FidelityMeter(["one\nline", "\udc80"])
    meter.add([(before, after), (after, before)])
    assert saved_fidelity(tmp_path) is None
    write_json(tmp_path / "fidelity.json", meter.result().to_json())
    assert saved_fidelity(tmp_path) == meter.result()
    summary = json.loads((tmp_path / "fidelity.json").read_text())["summary"]["psnr"]
    assert summary["mean"] == pytest.approx(np.mean([image.psnr for image in meter.result().images]), abs=1e-3)
    (tmp_path / "fidelity.json").write_text('{"released": 1, "sampled": 1, "in_tiles": 0, "images": [{"id": 3}]}')
    with pytest.raises(InputError, match=r"fidelity.json cannot be used"):
        saved_fidelity(tmp_path)

"""Ways of images to and from memory and files."""

import atexit
import shutil
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import torch
import torch.nn.functional as F
from PIL import Image
from timing.cases import Case
from timing.measuring import Ways
from torch import Tensor

from mtlue.bounds import to_float
from mtlue.files import sha256
from mtlue.release.formats import FORMATS, read_released_image
from mtlue.release.writer import Export, ImagePair, write_file
from mtlue.threads import file_map, of_files


def augmentation(case: Case) -> Ways:
    """Crop and flip of a batch."""
    images, draw = to_float(case.one_batch().images), torch.Generator().manual_seed(0)

    def each() -> Tensor:
        return torch.cat([case.pipeline.draw(image[None], draw).cut(image[None]) for image in images])

    return {"the whole batch at once": lambda: case.pipeline.draw(images, draw).cut(images), "image by image": each}


def stored(case: Case) -> Ways:
    """A shuffled batch of the training images, as floats on the device."""
    kept, device = torch.as_tensor(case.data.images[:]), case.runtime.device
    floats, order = to_float(kept), torch.randperm(len(kept), generator=torch.Generator().manual_seed(0))
    return {
        "uint8 to the device, floats there": lambda: to_float(kept[order].to(device)),
        "floats in memory, four times as many bytes": lambda: floats[order].to(device),
    }


def export(case: Case) -> Ways:
    """Eight batches perturbed, and written as PNG files with their hashes."""
    method, batch, form = case.method(), case.one_batch(), FORMATS["png"]

    def pairs() -> list[ImagePair]:
        return list(zip(batch.images.cpu(), method.protect(batch).cpu(), strict=True))

    def beside() -> None:
        with TemporaryDirectory() as folder, file_map((case.size, case.size)) as mapped:
            written = Export(mapped, form)
            for number in range(8):
                written.add(pairs(), _paths(folder, number, len(batch)), [None] * len(batch))
            written.finish()

    def after() -> None:
        with TemporaryDirectory() as folder:
            for number in range(8):
                for path, (_, image) in zip(_paths(folder, number, len(batch)), pairs(), strict=True):
                    write_file(path, image, None, form)

    return {
        "in threads, beside the next batch; small images one after another": beside,
        "one after another, after each batch": after,
    }


def file_threads(case: Case) -> Ways:
    """256 PNG files read with their hashes, as verify does (small images: --size 32)."""
    folder = mkdtemp()
    atexit.register(shutil.rmtree, folder)
    paths = _paths(folder, 0, 256)
    for path in paths:
        write_file(path, case.data.images[0], None, FORMATS["png"])

    def read(path: Path) -> None:
        sha256(path)
        read_released_image(path, 3, FORMATS["png"])

    def threads() -> None:
        with file_map(None) as mapped:
            list(mapped(read, paths))

    return {
        "in threads, small images one after another": lambda: list(of_files(read, paths, (case.size, case.size))),
        "in threads": threads,
    }


def _paths(folder: str, number: int, count: int) -> list[Path]:
    return [Path(folder) / f"{number}-{i}.png" for i in range(count)]


def png_levels(case: Case) -> Ways:
    """A batch of smooth pictures with a change of 8 levels at most, enlarged fourfold, encoded as PNG."""
    random = torch.Generator().manual_seed(0)

    def enlarged(side: int) -> Tensor:
        values = torch.rand(case.batch, 3, side, side, generator=random)
        return F.interpolate(values, (case.size, case.size), mode="bilinear")

    pixels = (8 + 230 * enlarged(8) + 16 * enlarged(case.size // 4)).to(torch.uint8)
    pictures = [Image.fromarray(image.permute(1, 2, 0).numpy()) for image in pixels]

    def encoded(level: int) -> int:
        buffers = [BytesIO() for _ in pictures]
        for picture, buffer in zip(pictures, buffers, strict=True):
            picture.save(buffer, "PNG", compress_level=level)
        return sum(buffer.tell() for buffer in buffers)

    ours = FORMATS["png"].options["compress_level"]
    levels = (ours, *(level for level in (1, 6, 9) if level != ours))
    return {f"level {level}, {encoded(level):,} bytes": partial(encoded, level) for level in levels}

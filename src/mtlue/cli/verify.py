"""``mtlue verify``: prove that a release is whole and unchanged and, against the clean images, within epsilon."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.options import Parser
from mtlue.data.loading import CleanImages, load
from mtlue.data.options import DataOptions
from mtlue.release.formats import FORMATS
from mtlue.release.manifest import Manifest
from mtlue.release.verify import find_release, reading_pipeline, verify


@dataclass(frozen=True)
class CleanOptions(DataOptions):
    __doc__ = DataOptions.__doc__

    dataset: str | None = None  # type: ignore[assignment]


def run(arguments: Sequence[str]) -> int:
    parser = Parser("verify", __doc__ or "", CleanOptions, RuntimeOptions)
    parser.add_argument("folder", type=Path, metavar="OUT", help="the folder that protect or apply wrote")
    options = parser.parse(arguments)
    runtime = parser.read(options, RuntimeOptions).runtime()
    data = parser.read(options, CleanOptions)
    manifest = Manifest.read(find_release(options.folder))
    clean = None
    if data.dataset is not None:
        unlimited = replace(data, limit_train=None, limit_test=None)
        ids = {image.id for image in manifest.images}
        collection = load(unlimited, runtime, tasks=(), pipeline=reading_pipeline(manifest), only=ids)
        clean = CleanImages(collection, manifest.native)
    proof = verify(options.folder, clean, runtime)
    out.print(f"{proof.images} images: whole and unchanged")
    if proof.largest_change is None:
        out.print("epsilon was not checked: give --dataset (and --data) of the clean images to prove it")
    elif not FORMATS[manifest.image_format].lossless:
        out.print(f"{manifest.image_format} is lossy: a pixel differs by up to {proof.largest_change} levels")
    else:
        out.print(f"largest change: {proof.largest_change} of {manifest.epsilon:g} levels allowed, in every pixel")
    return 0

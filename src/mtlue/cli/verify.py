"""``mtlue verify``: prove that a release is whole and unchanged and, against the clean images, within epsilon."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, err, out
from mtlue.cli.options import Parser
from mtlue.data.loading import CleanImages, clean_images
from mtlue.data.options import DataOptions
from mtlue.release.formats import FORMATS
from mtlue.release.manifest import Manifest
from mtlue.release.verify import Verification, check, prove, reading_pipeline


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
    checked = check(options.folder, runtime)  # before anything is read that the manifest says
    clean = None if data.dataset is None else _clean(data, checked.manifest)
    proof = prove(checked, clean, runtime)
    for note in checked.notes:
        err.print(f"note: {note}", markup=False)
    _print(proof, checked.manifest)
    return 0


def _clean(data: CleanOptions, manifest: Manifest) -> CleanImages:
    unlimited = replace(data, limit_train=None, limit_test=None)
    ids = {image.id for image in manifest.images}
    return clean_images(unlimited, reading_pipeline(manifest), ids, manifest.native)


def _print(proof: Verification, manifest: Manifest) -> None:
    out.print(f"{proof.images} images: whole and unchanged since the manifest was written")
    if proof.largest_change is None:
        out.print(
            "epsilon was not checked, nor whether any image is protected at all: give --dataset (and --data) of the "
            "clean images to prove it"
        )
        return
    if FORMATS[manifest.image_format].lossless:
        out.print(f"largest change: {proof.largest_change} of {manifest.epsilon:g} levels allowed, in every pixel")
    else:
        out.print(f"{manifest.image_format} is lossy: a pixel differs by up to {proof.largest_change} levels")
    if proof.unchanged:
        out.print(f"{proof.unchanged} of {proof.images} images are as their clean ones, so not protected")
    if proof.hardly:
        out.print(
            f"{proof.hardly} of {proof.images} images differ by at most 1 level or in fewer than 1 % of their values, "
            "so hardly protected"
        )

"""Protected images to disk: PNG files without EXIF, the Hugging Face imagefolder table, and the manifest."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pandas as pd
from PIL import Image
from torch import Tensor

import mtlue
from mtlue.data import Batch
from mtlue.data.loading import Collection
from mtlue.files import named_errors, sha256, write_text
from mtlue.release.manifest import IMAGES, METADATA, Manifest, ReleasedImage
from mtlue.release.staging import MANIFEST

SUFFIX = ".png"
IDS = "ids.csv"
SEAL = "manifest.sha256"
"""In the private folder: the manifest's hash, so that its owner notices a changed one."""


def release_names(files: Sequence[str]) -> list[str]:
    """Paths below the release for the sources' relative paths: ``images/`` before, ``.png`` instead of the suffix.

    Two sources that would meet in one name (also on file systems that ignore case) keep their suffixes before .png.
    """
    plain = [str(PurePosixPath(file).with_suffix(SUFFIX)) for file in files]
    taken = Counter(name.casefold() for name in plain)
    names: list[str] = []
    used = {
        str(parent).casefold() for file in files for parent in PurePosixPath(file).parents
    }  # folders keep their names
    for file, name in zip(files, plain, strict=True):
        alone = taken[name.casefold()] == 1 and name.casefold() not in used
        chosen = name if alone else f"{file}{SUFFIX}"
        while chosen.casefold() in used:
            chosen = f"{chosen.removesuffix(SUFFIX)}_{SUFFIX}"
        used.add(chosen.casefold())
        names.append(f"{IMAGES}/{chosen}")
    return names


def write_release(
    release: Path,
    private: Path,
    collection: Collection,
    batches: Iterable[Batch],
    protect: Callable[[Batch], Tensor],
    method: str,
    epsilon_levels: float,
) -> Manifest:
    """Write a release and the private map from ids to sources.

    Args:
        release: existing empty folder for what may be published.
        private: existing folder for what may not.
        collection: where the images come from.
        batches: the collection's samples, in its order.
        protect: batch -> uint8 [B, C, H, W].
        method: its name, for the manifest.
        epsilon_levels: the bound, for the manifest.

    Raises:
        OutputError: a file cannot be written.
    """
    names = release_names(collection.files)
    position = 0
    hashes: list[str] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for batch in batches:
            images = protect(batch).cpu()
            paths = [release / name for name in names[position : position + len(batch)]]
            profiles = [collection.profiles.get(identifier) for identifier in batch.ids]
            hashes += pool.map(_write_image, paths, images, profiles)
            position += len(batch)
    samples = collection.samples
    with named_errors(release):
        _metadata(collection, names).to_csv(release / METADATA, index=False)
        sources = pd.DataFrame({"id": samples.ids, "source": collection.files, "file_name": names})
        sources.to_csv(private / IDS, index=False)
        manifest = Manifest(
            version=mtlue.__version__,
            method=method,
            epsilon=epsilon_levels,
            size=(samples.images.shape[2], samples.images.shape[3]),
            channels=samples.images.shape[1],
            center_crop=collection.pipeline.center_crop,
            counts=dict(Counter(collection.splits)),
            metadata_sha256=sha256(release / METADATA),
            images=tuple(map(ReleasedImage, names, samples.ids, hashes)),
        )
        manifest.write(release)
    write_text(private / SEAL, sha256(release / MANIFEST) + "\n")
    return manifest


def _metadata(collection: Collection, names: Sequence[str]) -> pd.DataFrame:
    samples = collection.samples
    columns: dict[str, Sequence[str]] = {"file_name": names, "id": samples.ids, "split": collection.splits}
    for task in collection.tasks:
        columns[task.name] = [task.format(label) for label in samples.labels[task.name]]
    return pd.DataFrame(columns)


def _write_image(path: Path, image: Tensor, profile: bytes | None) -> str:
    pixels = image[0] if image.shape[0] == 1 else image.permute(1, 2, 0)
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.numpy()).save(path, format="PNG", icc_profile=profile)
        return sha256(path)

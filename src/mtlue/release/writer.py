"""Protected images to disk: files without EXIF, the Hugging Face imagefolder table, and the manifest."""

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, repeat
from pathlib import Path
from typing import TypeAlias

import torch
from msgspec import structs
from torch import Tensor

from mtlue._version import __version__
from mtlue.data.loading import Collection
from mtlue.files import named_errors, sha256
from mtlue.release.decoded import Difference, WrittenFiles
from mtlue.release.form import ReleaseForm
from mtlue.release.formats import ImageFormat, Survival, image_file, image_format, read_released_image
from mtlue.release.labelmaps import LabelMaps, write_label_maps, write_rules
from mtlue.release.layout import METADATA, OutputFolder
from mtlue.release.manifest import Manifest, ReleasedImage
from mtlue.release.names import portable, publishable, quoted_text, release_names
from mtlue.release.profiles import colour_only
from mtlue.release.seal import write_seal
from mtlue.release.table_files import write_table
from mtlue.tasks import ImageTask, Task
from mtlue.threads import Map, file_map
from mtlue.wording import counted

ImagePair: TypeAlias = tuple[Tensor, Tensor]
"""An image before and after protection, uint8 [C, H, W] each."""
Observer: TypeAlias = Callable[[Sequence[ImagePair]], None]
"""Gets each batch of images: as they were, and as a reader of their files decodes them."""


def ignore(pairs: Sequence[ImagePair]) -> None:
    """The observer of a caller who needs the files alone."""


@dataclass(frozen=True)
class WrittenRelease:
    """What a release holds.

    Attributes:
        changed: images that differ from the clean ones.
        files: what the image files take up and keep.
        survival: how much of the perturbation they keep, to be counted together with that of other files.
        largest: change of each image, in levels, as lossy files are decoded; empty where they are lossless.
        notes: what is not as in the sources, for the owner.
    """

    manifest: Manifest
    changed: int
    files: WrittenFiles
    survival: Survival
    largest: Sequence[int] = ()
    notes: tuple[str, ...] = ()

    def without_images(self) -> "WrittenRelease":
        """The same, whose manifest lists no image: of many the list takes memory, and it is on disk."""
        return replace(self, manifest=structs.replace(self.manifest, images=()))


def write_release(
    out: OutputFolder,
    collection: Collection,
    protected: Iterable[Sequence[ImagePair]],
    method: str,
    epsilon_levels: float,
    form: ReleaseForm,
    observe: Observer = ignore,
) -> WrittenRelease:
    """Write a release and the private map from ids to sources.

    Labels of dense tasks are written as files at the working size; at images' own sizes they are left out, as the
    owner has them already.

    Args:
        out: holds an empty folder for each part.
        collection: where the images come from.
        protected: the collection's images in its order, clean and protected, uint8 [C, H, W] each, in batches.
        method: its name, for the manifest.
        epsilon_levels: the bound, for the manifest.
        form: file format with its quality, and whether images have their own sizes.
        observe: gets every image in the collection's order, once its file is written.

    Raises:
        OutputError: a file cannot be written.
    """
    written_as = image_format(form.checked().images, form.written_quality)
    release = out.release.path
    names = release_names(collection.files, written_as.suffix)
    ids = collection.listing.ids
    channels, height, width = collection.pipeline.image_shape
    source_bytes = collection.file_bytes()  # before the hashes: to find both takes memory
    source_sizes = () if form.native or source_bytes is None else collection.extreme_sizes()
    with file_map(None if form.native else (height, width)) as mapped:
        export = _export(protected, release, names, collection, Export(mapped, written_as, observe))
        maps = LabelMaps({}, ()) if form.native else write_label_maps(release, collection, names, mapped)
    with named_errors(release):
        write_table(out.release.metadata, _metadata(collection, names, maps))
        written = [task for task in collection.tasks if isinstance(task, ImageTask) or task.name in maps.columns]
        rules = write_rules(release, written)
        write_table(out.private.ids, {"id": ids, "source": collection.files, "file_name": names})
        manifest = Manifest(
            version=__version__,
            method=method,
            epsilon=epsilon_levels,
            image_format=form.images,
            quality=form.written_quality,
            largest_change=None if export.difference is None else export.difference.largest,
            native=form.native,
            size=(height, width),
            channels=1 if channels == 1 else 3,
            center_crop=collection.pipeline.center_crop,
            value_range=collection.pipeline.value_range,
            counts=dict(Counter(collection.splits)),
            metadata_sha256=sha256(out.release.metadata),
            images=tuple(map(ReleasedImage, names, ids, export.hashes)),
            labels=(*rules, *maps.files),
            labels_left_out=tuple(task.name for task in collection.tasks if task not in written),
        )
        manifest.write(release)
    write_seal(out.private, out.release.manifest)
    own_names = collection.listing.root is not None  # embedded images have no files to be found again
    renamed = _renamed(collection.files, names) if own_names else ()
    notes = (*renamed, *_read_as_images(collection.tasks), *_without_profile(collection))
    written_bytes = sum((release / name).stat().st_size for name in names)
    files = WrittenFiles(written_bytes, source_bytes, export.survival.share, export.difference, source_sizes)
    return WrittenRelease(manifest, export.changed, files, export.survival, export.largest, notes)


def _export(
    protected: Iterable[Sequence[ImagePair]],
    release: Path,
    names: Sequence[str],
    collection: Collection,
    export: "Export",
) -> "Export":
    """Write every image to its place, with the profile of its source."""
    paths = map(release.joinpath, names)
    profiles = (collection.profiles.get(identifier) for identifier in collection.listing.ids)
    for pairs in protected:
        export.add(pairs, list(islice(paths, len(pairs))), list(islice(profiles, len(pairs))))
    export.finish()
    return export


def _renamed(files: Sequence[str], names: Sequence[str]) -> list[str]:
    """Notes on sources whose names some system could not hold, or Hugging Face would take for splits."""
    foreign = [i for i, file in enumerate(files) if portable(file) != file]
    splits = [i for i, file in enumerate(files) if publishable(file) != portable(file)]
    return [
        *_note_on_names(foreign, "Windows or macOS does not allow such a name", files, names),
        *_note_on_names(splits, "Hugging Face datasets would take words of the path for a split", files, names),
    ]


def _note_on_names(positions: Sequence[int], why: str, files: Sequence[str], names: Sequence[str]) -> list[str]:
    if not positions:
        return []
    first, more = positions[0], f" and {len(positions) - 1} more" if len(positions) > 1 else ""
    return [
        f"{quoted_text(files[first])}{more}: {why}, so it is released as {quoted_text(names[first])}; ids "
        "keep the sources' names"
    ]


def _read_as_images(tasks: Sequence[Task]) -> list[str]:
    """A note on tasks whose column Hugging Face would take for paths of images."""
    affected = [task.name for task in tasks if isinstance(task, ImageTask) and _means_images(task.name)]
    if not affected:
        return []
    return [
        f"Hugging Face datasets will take the column {', '.join(map(quoted_text, affected))} of {METADATA} for images: "
        f"rename the task in a tasks file ({{tasks: {{other_name: {{column: {affected[0]!r}}}}}}})"
    ]


def _means_images(column: str) -> bool:
    return column == "image" or column.endswith("_file_name")


def _without_profile(collection: Collection) -> list[str]:
    """A note on colour profiles that say nothing that could be kept."""
    damaged = sum(colour_only(profile) is None for profile in collection.profiles.values())
    profiles_are = counted(damaged, "damaged colour profile is", "damaged colour profiles are")
    return [f"{profiles_are} left out: colours may look different"] if damaged else []


def _metadata(collection: Collection, names: Sequence[str], maps: LabelMaps) -> dict[str, Sequence[str]]:
    samples = collection.samples
    columns: dict[str, Sequence[str]] = {"file_name": names, "id": samples.ids, "split": collection.splits}
    for task in collection.tasks:
        if isinstance(task, ImageTask):
            columns[task.name] = _texts(collection, task)
        elif task.name in maps.columns:
            columns[task.name] = maps.columns[task.name]
    return columns


def _texts(collection: Collection, task: ImageTask) -> list[str]:
    """The labels as their owner wrote them, digit for digit."""
    written = collection.listing.texts.get(task.name)
    if written is not None:
        return [text or "" for text in written]
    return [task.format(label) for label in collection.samples.labels[task.name][:]]


class Export:
    """Encodes and hashes one batch while the next one is made, where ``mapped`` has threads; two are in memory."""

    def __init__(self, mapped: Map, image_format: ImageFormat, observe: Observer = ignore) -> None:
        self.hashes: list[str] = []
        self.changed = 0
        self.survival = Survival()
        self.largest: list[int] = []
        self.difference = None if image_format.lossless else Difference()
        self._mapped = mapped
        self._format = image_format
        self._observe = observe
        self._batches: deque[tuple[Sequence[ImagePair], Sequence[Path], Iterator[str]]] = deque()

    def add(self, pairs: Sequence[ImagePair], paths: Sequence[Path], profiles: Sequence[bytes | None]) -> None:
        """Start on a batch, once the one before the last is on disk."""
        images = [after for _, after in pairs]
        self.changed += sum(not torch.equal(*pair) for pair in pairs)
        self._batches.append((pairs, paths, self._mapped(write_file, paths, images, profiles, repeat(self._format))))
        if len(self._batches) > 1:
            self._close()

    def finish(self) -> None:
        """Wait for all."""
        while self._batches:
            self._close()

    def _close(self) -> None:
        pairs, paths, written = self._batches.popleft()
        self.hashes += written
        self._observe(pairs if self.difference is None else self._read_back(pairs, paths, self.difference))

    def _read_back(self, pairs: Sequence[ImagePair], paths: Sequence[Path], so_far: Difference) -> list[ImagePair]:
        """The pairs as a lossy file leaves them."""
        read = []
        for path, (clean, after) in zip(paths, pairs, strict=True):
            decoded = read_released_image(path, len(after), self._format)
            self.survival.add(clean, after, decoded)
            difference = Difference.of(clean, decoded)
            self.largest.append(difference.largest)
            so_far += difference
            read.append((clean, decoded))
        self.difference = so_far
        return read


def write_file(path: Path, image: Tensor, profile: bytes | None, image_format: ImageFormat) -> str:
    """Write one released image, uint8 [C, H, W], with its colour profile; returns its hash."""
    content = image_file(image, image_format, profile)
    with named_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()

"""A dataset as options describe it: listed by its source, limited, brought to one size and channel count, decoded."""

from collections.abc import Collection as Container
from collections.abc import Sequence
from pathlib import Path

import torch

from mtlue.data.collection import CleanImages, Collection, first_reasons
from mtlue.data.files.decoding import decode
from mtlue.data.files.headers import read_headers
from mtlue.data.files.size_notes import note_on_size
from mtlue.data.listing import Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import recognised
from mtlue.data.resolving import as_options_say, resolved, with_range
from mtlue.data.rows.reading import PartedSource
from mtlue.data.selection import select
from mtlue.data.sources import source_of
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.files import state_of
from mtlue.imaging.sizes import sides
from mtlue.memory import return_free_memory
from mtlue.progress import Progress, Silent
from mtlue.runtime import Runtime
from mtlue.tasks import Task

_MANY = 10_000
"""Images whose reading leaves much free memory behind."""

__all__ = ["CleanImages", "Collection", "clean_images", "load", "part_state", "parts", "sides", "usual_pipeline"]


def load(
    options: DataOptions | Path | str,
    runtime: Runtime | None = None,
    tasks: Sequence[Task] | None = None,
    pipeline: Pipeline | None = None,
    only: Container[str] | None = None,
    what: str = "images",
    chosen: str = "",
) -> Collection:
    """Read a dataset.

    Args:
        options: which one and how; a path alone is a folder or a zip file whose layout is found.
        runtime: has the progress; without one, nothing is shown.
        tasks: tasks and classes to read the labels by (none: read no label); found from the data by default.
        pipeline: size, channels and central crop to read by; the source's, changed by ``options``, by default.
        only: ids of the images that are wanted; all by default.
        what: the images are, for progress, where a job reads others, too.
        chosen: what the size of ``pipeline`` is, as in "the size that the method was fitted at", where neither the user
            nor the files chose it: a note then says whether images are enlarged or reduced to it.

    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> with TemporaryDirectory() as folder:
    ...     for name, grey in ("dark/1", 10), ("dark/2", 20), ("light/1", 240), ("light/2", 250):
    ...         path = Path(folder, f"{name}.png")
    ...         path.parent.mkdir(exist_ok=True)
    ...         Image.new("RGB", (16, 16), (grey, grey, grey)).save(path)
    ...     collection = load(DataOptions(data=Path(folder), no_cache=True))
    >>> collection.samples.images.shape, collection.tasks[0].classes
    (torch.Size([4, 3, 16, 16]), ('dark', 'light'))
    >>> collection.samples.labels["label"].tolist()
    [0, 0, 1, 1]

    Raises:
        InputError: nothing usable was found; the text says what was looked for.
    """
    options = recognised(DataOptions.of(options))
    progress = Silent() if runtime is None else runtime.progress
    listing = select(options, tasks, only).with_tensors()
    wanted = as_options_say(listing.pipeline, options) if pipeline is None else with_range(pipeline, options)
    if pipeline is None and options.size is None and listing.pipeline.size is not None:
        chosen = f"the usual size of dataset '{options.dataset}'"
    return _load(options.dataset, listing, wanted, options.cache_folder(), progress, what, chosen)


def clean_images(options: DataOptions, pipeline: Pipeline, only: Container[str] | None, native: bool) -> CleanImages:
    """Images by id, found but not decoded, past every cache.

    Args:
        options: which dataset.
        pipeline: how each is read when it is asked for; size and channels resolved.
        only: ids that are wanted; those that are not in the dataset are absent. All where it is None.
        native: whether each is read at its own size.

    Raises:
        InputError: the dataset cannot be listed.
    """
    options = recognised(options)
    listing = select(options, (), only)
    images = torch.empty((0, *pipeline.image_shape), dtype=torch.uint8)
    collection = Collection(options.dataset, listing, images, {}, pipeline, listing.skipped, listing.notes)
    return CleanImages(collection, native)


def parts(options: DataOptions) -> list[DataOptions]:
    """Options for the parts that a dataset can be read in, one after another; none where it is read as a whole.

    Raises:
        InputError: there is no part, or which are meant is not clear.
    """
    options = recognised(options)
    source = source_of(options.dataset)
    limited = options.limit_train is not None or options.limit_test is not None  # of all images together
    return source.parts(options) if isinstance(source, PartedSource) and not limited else []


def part_state(options: DataOptions) -> list[tuple[str, str]]:
    """What decides what a part holds, besides its options: its files, and tables beside them, each with its state."""
    options = recognised(options)
    source = source_of(options.dataset)
    own = source.state(options) if isinstance(source, PartedSource) else []
    tables = (options.labels, options.test_labels, options.split_table, *map(Path, options.tasks or ()))
    return [*own, *((str(path), state_of(path)) for path in tables if path is not None and path.is_file())]


def usual_pipeline(options: DataOptions) -> Pipeline:
    """The source's pipeline as ``options`` change it; sizes that only the files could tell stay open."""
    options = recognised(options)
    return as_options_say(source_of(options.dataset)(options, ()).pipeline, options)


def _load(
    name: str, listing: Listing, pipeline: Pipeline, cache: Path | None, progress: Progress, what: str, chosen: str
) -> Collection:
    skipped, notes = list(listing.skipped), list(listing.notes)
    _require_some(name, listing, skipped)
    opened = chosen or None in (pipeline.size, pipeline.channels, pipeline.value_range)
    if listing.root is not None and opened:
        listing, headers, unreadable = read_headers(listing, cache, progress)
        skipped += unreadable
        _require_some(name, listing, skipped)
        pipeline, more_notes = resolved(pipeline, listing.files, headers)
        notes += more_notes
        if chosen:
            notes += note_on_size([header.size for header in headers], pipeline, chosen)
        del headers  # of many images they are large, and decoding takes long
    decoded = decode(listing, pipeline, cache, progress, what)
    skipped += decoded.skipped
    _require_some(name, decoded.listing, skipped)
    if len(listing) >= _MANY:
        return_free_memory()
    return Collection(
        name=name,
        listing=decoded.listing,
        images=decoded.images,
        profiles=decoded.profiles,
        pipeline=pipeline,
        skipped=skipped,
        notes=[*notes, *decoded.notes],
        cache=cache,
    )


def _require_some(name: str, listing: Listing, skipped: Sequence[Skipped]) -> None:
    if not len(listing):
        reasons = first_reasons(skipped)
        raise InputError(
            f"dataset '{name}' has no usable image in {listing.root}" + (f" ({reasons})" if reasons else "")
        )

"""What decides a pipeline: the source's usual one, then options, then files: size, crop, channels, range of numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mtlue.data.files.images import Header
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.errors import param
from mtlue.imaging.levels import Extent, common_range
from mtlue.imaging.limits import MIN_SIDE
from mtlue.imaging.range_notes import range_notes
from mtlue.imaging.sizes import sides
from mtlue.wording import counted

LARGEST_DEFAULT_SIDE = 256
"""Images whose common size is larger are brought down to :data:`DEFAULT_SIDE` unless ``size`` says otherwise."""
DEFAULT_SIDE = 224
_EIGHT_BITS = "they come out in 8 bits, as a release holds no more than 256 levels"
_CROP_SHARE = 0.914
"""The paper's pipelines show a learner 64 of 70 and 128 of 140 pixels."""


def as_options_say(pipeline: Pipeline, options: DataOptions) -> Pipeline:
    """A source's pipeline with what ``options`` change."""
    given: dict[str, Any] = {
        "size": sides(options.size),
        "crop": sides(options.crop),
        "flip": options.flip,
        "channels": options.channels,
        "value_range": options.value_range,
    }
    changes = {name: value for name, value in given.items() if value is not None}
    shows_all = pipeline.size is not None and pipeline.crop is None  # a source whose learners see all of an image
    if "size" in changes and "crop" not in changes and not shows_all:
        changes["crop"] = usual_crop(changes["size"])
    return replace(pipeline, **changes)


def with_range(pipeline: Pipeline, options: DataOptions) -> Pipeline:
    """A fixed pipeline, with the range that the user names."""
    return pipeline if options.value_range is None else replace(pipeline, value_range=options.value_range)


def resolved(pipeline: Pipeline, files: Sequence[str], headers: Sequence[Header]) -> tuple[Pipeline, list[str]]:
    """Fill in what is open from what the files (by name, with their headers) have; and notes on what changes them."""
    if pipeline.channels is None:
        pipeline = replace(pipeline, channels=1 if all(header.grey for header in headers) else 3)
    pipeline, size_notes = _with_common_size(pipeline, headers)
    pipeline, notes = _with_common_range(pipeline, files, headers)
    return pipeline, [*size_notes, *notes]


def _with_common_size(pipeline: Pipeline, headers: Sequence[Header]) -> tuple[Pipeline, list[str]]:
    """With a size and its usual crop, unless the size is given; and a note where it is not the images' own."""
    if pipeline.size is not None:
        return pipeline, []
    size, why = _common_size([header.size for header in headers])
    note = (
        f"{why}: they are cut to shape and resized to {size[1]}x{size[0]}; choose another size "
        f"with {param('size')}; with {param('native')} each is released at its own, whatever the size worked at"
    )
    return replace(pipeline, size=size, crop=pipeline.crop or usual_crop(size)), [note] if why else []


def _with_common_range(
    pipeline: Pipeline, files: Sequence[str], headers: Sequence[Header]
) -> tuple[Pipeline, list[str]]:
    """The range that the numbers of all wide files are read by, unless it is given; and notes that say what is lost."""
    extents: dict[str, Extent] = {
        file: header.extent for file, header in zip(files, headers, strict=True) if header.extent is not None
    }
    if not extents:
        return pipeline, []
    least, greatest = min(extent.low for extent in extents.values()), max(extent.high for extent in extents.values())
    wide = (
        f"{counted(len(extents), 'file holds', 'files hold')} numbers wider than 8 bits, from {least:g} to {greatest:g}"
    )
    if (given := pipeline.value_range) is not None:
        return pipeline, [f"{wide}: {_EIGHT_BITS}; {given[0]:g} is shown as black and {given[1]:g} as white"]
    black, white = common_range(list(extents.values()))
    note = (
        f"{wide}: {black:g} is shown as black and {white:g} as white; "
        f"choose another range with {param('value_range')} LOW HIGH; {_EIGHT_BITS}"
    )
    return replace(pipeline, value_range=(black, white)), [note, *range_notes(extents, (black, white))]


def _common_size(sizes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], str]:
    """(H, W) to work at, and why it is not the images' own ("" where it is)."""
    distinct = set(sizes)
    if len(distinct) == 1 and max(sizes[0]) <= LARGEST_DEFAULT_SIDE:
        return sizes[0], ""
    if len(distinct) == 1:
        scale = DEFAULT_SIDE / max(sizes[0])
        scaled = (max(MIN_SIDE, round(sizes[0][0] * scale)), max(MIN_SIDE, round(sizes[0][1] * scale)))
        return scaled, f"the images are {sizes[0][1]}x{sizes[0][0]} pixels"
    side = max(MIN_SIDE, min(DEFAULT_SIDE, sorted(min(size) for size in sizes)[len(sizes) // 2]))
    return (side, side), f"the images have {len(distinct)} different sizes"


def usual_crop(size: tuple[int, int]) -> tuple[int, int]:
    """(h, w) that a learner sees of images of (H, W), unless options say otherwise."""
    return (max(MIN_SIDE, round(size[0] * _CROP_SHARE)), max(MIN_SIDE, round(size[1] * _CROP_SHARE)))

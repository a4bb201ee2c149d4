"""What the owner should know where a size that neither they nor their files chose is not that of the files."""

from collections import Counter
from collections.abc import Sequence

from mtlue.data.files.images import working_box
from mtlue.data.transforms import Pipeline
from mtlue.errors import param
from mtlue.imaging.sizes import HeightWidth
from mtlue.wording import counted

_MARGIN = 0.1
"""The share of an image that may be cut off without being told."""


def note_on_size(sizes: Sequence[HeightWidth], pipeline: Pipeline, chosen: str) -> list[str]:
    """A note on images that are enlarged or reduced; none where all of them have the pipeline's size.

    Args:
        sizes: (H, W) of each image.
        pipeline: that brings them to its size.
        chosen: what its size is, as in "the usual size of dataset 'celeba'".
    """
    assert pipeline.size is not None
    counts = Counter(sizes)
    smaller, larger = [], []
    for size in counts:
        left, top, right, bottom = working_box(size, pipeline)
        if right - left < pipeline.size[1] or bottom - top < pipeline.size[0]:
            smaller.append(size)
        elif size != pipeline.size:
            larger.append(size)
    changes = [
        f"{_images(counts, some)} {change}" for some, change in ((smaller, "enlarged"), (larger, "reduced")) if some
    ]
    what = f"to {_shown(pipeline.size)}, {chosen}{_cut([*counts], pipeline)}"
    return [f"{' and '.join(changes)} {what}; {_remedy(list(counts), pipeline)}"] if changes else []


def _images(counts: Counter[HeightWidth], some: Sequence[HeightWidth]) -> str:
    """The images of some sizes; without a count, which parts of a dataset would each give, where all have one size."""
    if len(counts) == 1:
        return f"images of {_shown(some[0])} pixels are"
    such = f"of {_shown(some[0])} pixels" if len(some) == 1 else f"of {len(some)} sizes (such as {_shown(some[0])})"
    count = sum(counts[size] for size in some)
    return f"{counted(count, 'image')} {such} {'is' if count == 1 else 'are'}"


def _cut(sizes: Sequence[HeightWidth], pipeline: Pipeline) -> str:
    """How much of an image is left out for its shape, where that is more than a margin; "" where no more is."""
    if pipeline.center_crop is not None:  # what is cut then belongs to the dataset
        return ""
    boxes = [working_box(size, pipeline) for size in sizes]
    shares = [
        1 - (right - left) * (bottom - top) / (size[0] * size[1])
        for size, (left, top, right, bottom) in zip(sizes, boxes, strict=True)
    ]
    most = max(shares)
    share = f"{100 * most:.0f} % of each" if len(sizes) == 1 else f"up to {100 * most:.0f} % of an image"
    return f", and {share} is cut off, because its aspect ratio differs" if most > _MARGIN else ""


def _remedy(sizes: Sequence[HeightWidth], pipeline: Pipeline) -> str:
    """The size that leaves images their own where they share one, and none is cut out of them."""
    if len(sizes) > 1 or pipeline.center_crop is not None:
        return f"choose another size with {param('size')}"
    height, width = sizes[0]
    return f"{param('size')} {height if height == width else f'{height} {width}'} keeps their own"


def _shown(size: HeightWidth) -> str:
    return f"{size[1]}x{size[0]}"

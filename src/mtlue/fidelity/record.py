"""What was measured, image by image, and what is said of all of them. Imports no torch."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

DIGITS = 4
"""Digits after the point that are kept of a measure."""


@dataclass(frozen=True)
class Measure:
    """A measure as it is shown.

    Attributes:
        title: with its unit.
        decimals: that are shown.
        higher_is_better: whether a larger value is closer to the clean image.
        optional: whether it is passed over where no image has it.
    """

    title: str
    decimals: int
    higher_is_better: bool = False
    optional: bool = False

    def shown(self, value: float | None) -> str:
        """A value as text; a dash where there is none."""
        return "–" if value is None else f"{value:.{self.decimals}f}"


MEASURES: Mapping[str, Measure] = {
    "psnr": Measure("PSNR, dB", 1, higher_is_better=True),
    "ssim": Measure("SSIM", 3, higher_is_better=True),
    "ciede2000": Measure("CIEDE2000", 2),
    "flat": Measure("CIEDE2000, flat areas", 2),
    "near_white": Measure("CIEDE2000, near-white areas", 2),
    "colour_cast": Measure("colour cast, levels", 2),
    "lpips_alex": Measure("LPIPS (AlexNet)", 3, optional=True),
    "lpips_squeeze": Measure("LPIPS (SqueezeNet)", 3, optional=True),
    "lpips_vgg": Measure("LPIPS (VGG)", 3, optional=True),
}
"""The fields of :class:`ImageFidelity` that are measures."""


@dataclass(frozen=True)
class ImageFidelity:
    """One released image against its clean one, as :func:`mtlue.fidelity.measures.measure` and
    :class:`mtlue.fidelity.perceptual.Perceptual` define the measures.

    Attributes:
        id: of the image.
        psnr: in dB; None where no difference lies in what was measured of a large image.
        ssim: structural similarity; None for an image that is too small.
        ciede2000: mean over pixels.
        flat: its mean over flat areas; None where there are none.
        near_white: its mean over near-white areas; None where there are none.
        colour_cast: absolute mean of the change in a channel, averaged over channels, in levels.
        lpips_alex, lpips_squeeze, lpips_vgg: LPIPS by one of these networks; None where it was not measured.
    """

    id: str
    psnr: float | None
    ssim: float | None
    ciede2000: float
    flat: float | None
    near_white: float | None
    colour_cast: float
    lpips_alex: float | None = None
    lpips_squeeze: float | None = None
    lpips_vgg: float | None = None


@dataclass(frozen=True)
class Summary:
    """A measure over images.

    Attributes:
        mean: None where no image has the measure.
        worst_5_percent: what 5 % of the images are worse than: the 95th percentile of a difference, the 5th of a
            likeness.
        images: that have the measure.
    """

    mean: float | None
    worst_5_percent: float | None
    images: int


@dataclass(frozen=True)
class Fidelity:
    """How far a release looks from the clean images.

    Attributes:
        released: images of the release.
        sampled: those of them that were looked at.
        in_tiles: large ones of these, of which only evenly spaced tiles were measured.
        images: those of them that were changed, in the release's order.
    """

    released: int
    sampled: int
    in_tiles: int
    images: tuple[ImageFidelity, ...]

    def joined(self, other: "Fidelity") -> "Fidelity":
        """What was measured of this release and of another one that follows it."""
        counts = (self.released + other.released, self.sampled + other.sampled, self.in_tiles + other.in_tiles)
        return Fidelity(*counts, (*self.images, *other.images))

    @property
    def measures(self) -> dict[str, Measure]:
        """Those of :data:`MEASURES` that are shown."""
        return {name: measure for name, measure in MEASURES.items() if not measure.optional or self._values(name)}

    def summaries(self) -> dict[str, Summary]:
        """Every one of :attr:`measures` over the images."""
        return {name: self._summary(name, measure) for name, measure in self.measures.items()}

    def worst(self, count: int) -> list[ImageFidelity]:
        """The images of the largest CIEDE2000, the worst first."""
        return sorted(self.images, key=lambda image: image.ciede2000, reverse=True)[:count]

    def to_json(self) -> dict[str, Any]:
        """Everything, and the summaries for those who read the file."""
        values = asdict(self)
        absent = MEASURES.keys() - self.measures.keys()
        images = [
            {name: value for name, value in image.items() if name not in absent} for image in values.pop("images")
        ]
        summaries = {name: asdict(summary) for name, summary in self.summaries().items()}
        return {**values, "summary": summaries, "images": images}

    def _summary(self, name: str, measure: Measure) -> Summary:
        values = self._values(name)
        if not values:
            return Summary(None, None, 0)
        tail = np.percentile(values, 5 if measure.higher_is_better else 95)
        return Summary(round(float(np.mean(values)), DIGITS), round(float(tail), DIGITS), len(values))

    def _values(self, name: str) -> list[float]:
        return [value for image in self.images if (value := getattr(image, name)) is not None]

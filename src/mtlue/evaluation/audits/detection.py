"""Can somebody with this tool tell protected images from clean ones, and which of a release are? Not an attack."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mtlue.structured import typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from mtlue.data import ArrayDataset
    from mtlue.evaluation.dataset_shape import DatasetShape
    from mtlue.evaluation.learners.data import ComparisonData
    from mtlue.runtime import Runtime

    Features = NDArray[np.float64]

BANDS = 8
"""Bands of spatial frequency in each direction, from 0 to half a cycle per pixel."""
_PAIRS = 500
_OF_SPECTRA = 6e3
"""Operations of a network that take as long as the features of one image do, per number of the image."""


@dataclass(frozen=True)
class Detection:
    """How well protected images are told from others.

    Areas (AUC) are 0..1, and 0.5 is chance; None where there is nothing to compare.

    Attributes:
        released: AUC of released images against clean test images. With a release of a part (``fraction``), of those
            that were changed.
        which: AUC of the changed images of a release against those that it left alone.
        noise: AUC of test images under noise of the same epsilon against clean ones: high where the detector takes any
            noise for protection.
        released_against_noise: AUC of released images against test images under noise of the same epsilon.
        before: AUC of the same images before their protection against test images: about 0.5, unless the two splits
            differ in themselves.
        called_protected: share of released, noised and clean test images with a probability above one half.
        pairs: that the detector learned from.
        images: released ones, and test images.
    """

    released: float | None
    which: float | None
    noise: float | None
    released_against_noise: float | None
    before: float | None
    called_protected: dict[str, float]
    pairs: int
    images: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Detection:
        """The detection that :meth:`to_json` described.

        Raises:
            ValueError: the values are of other types.
        """
        return typed(dict(values), cls)


def detect(data: ComparisonData, runtime: Runtime, most: int = _PAIRS) -> Detection:
    """Train a detector on an attacker's own pairs, made with another secret, and try it on the owner's images.

    It is a logistic regression on the spectra of noise residuals (:func:`residual_spectra`).

    Args:
        data: with ``own`` images, which the pairs are made of; test images are the clean ones, ``protected`` the
            released ones.
        runtime: draws the attacker's secret and the noise.
        most: pairs.

    Raises:
        InputError: there are no images of the attacker's own, or the release names no method.
    """
    from mtlue.evaluation.pairs import make_pairs

    pairs = make_pairs(data.attacker(data.protected, runtime), most)
    score = _detector(residual_spectra(pairs.clean), residual_spectra(pairs.protected))
    changed = _changed(data.clean, data.protected)
    scores = {name: score(residual_spectra(images)) for name, images in _groups(data, runtime).items()}
    released, alone = scores["released"][changed], scores["released"][~changed]
    return Detection(
        released=area(released, scores["clean"]),
        which=area(released, alone),
        noise=area(scores["noise"], scores["clean"]),
        released_against_noise=area(released, scores["noise"]),
        before=area(scores["before"][changed], scores["clean"]),
        called_protected={name: float((scores[name] > 0.5).mean()) for name in ("released", "noise", "clean")},
        pairs=len(pairs.clean),
        images={"released": len(data.protected), "test": len(data.test)},
    )


def detection_work(size: DatasetShape, most: int = _PAIRS) -> float:
    """Operations of :func:`detect`, roughly: for estimates of time.

    Args:
        size: of the images, those of the attacker's own among them, and the release's method.
        most: pairs.
    """
    from mtlue.evaluation.pairs import pairs_work

    seen = size.train_images + size.test_images + min(most, size.own_images)
    return pairs_work(size, most) + 2 * seen * _OF_SPECTRA * math.prod(size.shape)


def residual_spectra(dataset: ArrayDataset) -> Features:
    """What images look like to a detector: where in the spectrum their noise lies.

    The residual is an image less its mean over 3x3 pixels (edges are repeated), in levels; its power spectrum under a
    Hann window is averaged over 8x8 bands of absolute vertical and horizontal frequency, for each channel and for the
    channels' sum (a perturbation equal in all channels adds up, noise does not), and taken as a logarithm.

    Returns:
        float64 [N, 64 channels], or [N, 256] with three channels.
    """
    import numpy as np

    from mtlue.data.derived import at_once

    return np.concatenate([_spectra(batch.images) for batch in dataset.batches(at_once(dataset))])


def area(positive: Features, negative: Features) -> float | None:
    """The area under the ROC curve: how often a positive's score is above a negative's; ties count one half.

    Args:
        positive, negative: scores.

    Returns:
        0..1; None where there are no positives, or no negatives.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score

    if not len(positive) or not len(negative):
        return None
    truth = np.repeat([1, 0], [len(positive), len(negative)])
    return float(roc_auc_score(truth, np.concatenate([positive, negative])))


def _detector(clean: Features, protected: Features) -> Callable[[Features], Features]:
    """Features -> probability of protection, float [N]."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    model.fit(np.concatenate([clean, protected]), np.repeat([0, 1], [len(clean), len(protected)]))
    return lambda features: model.predict_proba(features)[:, 1]


def _groups(data: ComparisonData, runtime: Runtime) -> dict[str, ArrayDataset]:
    return {"released": data.protected, "before": data.clean, "clean": data.test, "noise": _noised(data, runtime)}


def _noised(data: ComparisonData, runtime: Runtime) -> ArrayDataset:
    import torch

    from mtlue.data.derived import at_once
    from mtlue.methods import MethodChoice

    noise = MethodChoice("noise", epsilon=data.epsilon).build()
    noise.fit(data.test, runtime)
    return data.test.with_images(torch.cat([noise.protect(batch) for batch in data.test.batches(at_once(data.test))]))


def _changed(clean: ArrayDataset, released: ArrayDataset) -> NDArray[np.bool_]:
    """Which images of a release differ from what they were, bool [N]."""
    import numpy as np

    from mtlue.data.derived import at_once

    both = zip(clean.batches(at_once(clean)), released.batches(at_once(clean)), strict=True)
    return np.concatenate([(one.images != other.images).flatten(1).any(1).numpy() for one, other in both])


def _spectra(images: Tensor) -> Features:
    """uint8 [B, C, H, W] -> [B, features]."""
    import torch
    import torch.nn.functional as F

    smooth = F.avg_pool2d(F.pad(images.float(), (1, 1, 1, 1), mode="replicate"), 3, 1)
    residual = images.float() - smooth
    if images.shape[1] > 1:
        residual = torch.cat([residual, residual.sum(1, keepdim=True)], 1)
    height, width = images.shape[2:]
    window = torch.hann_window(height)[:, None] * torch.hann_window(width)
    power = torch.fft.fft2(residual * window).abs().square() / (height * width)
    bands = torch.stack(list(_in_bands(power)), -1)
    return (bands + 1e-3).log().flatten(1).double().numpy()


def _in_bands(power: Tensor) -> Iterator[Tensor]:
    """The mean of a power spectrum, [B, C, H, W], in each of 8x8 bands that any frequency falls into: [B, C] each."""
    import torch

    rows, columns = (
        (torch.fft.fftfreq(side).abs() * 2 * BANDS).long().clamp(max=BANDS - 1) for side in power.shape[-2:]
    )
    for row in rows.unique():
        for column in columns.unique():
            yield power[:, :, rows == row][..., columns == column].mean((2, 3))

"""Telling protected images from clean ones: features, areas, and detectors of things that are known to be there."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from conftest import TensorDataset, random_dataset
from mtlue import InputError, Runtime
from mtlue.data import Pipeline
from mtlue.evaluation.audits.detection import Detection, area, detect, residual_spectra
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.methods import MethodChoice


def smooth(count: int, seed: int, side: int = 24) -> TensorDataset:
    data = random_dataset(count, size=(side, side), seed=seed)
    coarse = torch.rand(count, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    images = torch.nn.functional.interpolate(coarse, (side, side), mode="bilinear") * 200 + 20
    return replace(data, images=images.byte(), ids=[f"{seed} {i}" for i in range(count)])


def released(clean: TensorDataset, changed: slice = slice(None)) -> TensorDataset:
    """The owner's release: LSP's patterns of a secret of their own."""
    owner = MethodChoice("lsp-patch", {"square": 2}).build()
    owner.fit(clean, Runtime("cpu", seed=99))
    images = clean.images.clone()
    images[changed] = owner.protect(clean.batch(torch.arange(len(clean))))[changed]
    return replace(clean, images=images)


def audit(protected: TensorDataset, own: TensorDataset | None) -> ComparisonData:
    test = smooth(40, 2)
    return ComparisonData("smooth", smooth(40, 1), protected, test, Pipeline(), "lsp-patch", 8 / 255, own=own)


def test_a_release_is_told_from_clean_images_with_another_secret() -> None:
    found = detect(audit(released(smooth(40, 1)), smooth(60, 3)), Runtime("cpu"))
    assert found.which is None
    assert found.released is not None
    assert found.released > 0.95
    assert found.before is not None
    assert 0.3 < found.before < 0.7
    assert found.called_protected["released"] > 0.8
    assert found.called_protected["clean"] < 0.2
    assert (found.pairs, found.images) == (60, {"released": 40, "test": 40})


def test_of_a_release_of_a_part_it_says_which() -> None:
    found = detect(audit(released(smooth(40, 1), slice(0, 15)), smooth(60, 3)), Runtime("cpu"))
    assert found.which is not None
    assert found.which > 0.95
    assert found.called_protected["released"] < 0.6


def test_an_unchanged_release_has_no_area() -> None:
    found = detect(audit(smooth(40, 1), smooth(60, 3)), Runtime("cpu"))
    assert found.released is None
    assert found.before is None
    assert found.noise is not None


def test_own_images_are_needed() -> None:
    with pytest.raises(InputError, match="clean images of the attacker's own"):
        detect(audit(released(smooth(40, 1)), None), Runtime("cpu"))


def by_definition(image: np.ndarray) -> np.ndarray:
    """One channel's features, in plain NumPy: [8, 8]."""
    height, width = image.shape
    padded = np.pad(image.astype(float), 1, mode="edge")
    mean = sum(padded[i : i + height, j : j + width] for i in range(3) for j in range(3)) / 9
    hann = [0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side) for side in (height, width)]
    power = np.abs(np.fft.fft2((image - mean) * np.outer(*hann))) ** 2 / (height * width)
    sums, counts = np.zeros((8, 8)), np.zeros((8, 8))
    for row in range(height):
        for column in range(width):
            bands = [min(int(abs(np.fft.fftfreq(side)[i]) * 16), 7) for i, side in ((row, height), (column, width))]
            sums[*bands] += power[row, column]
            counts[*bands] += 1
    return np.log(sums / counts + 1e-3)


@pytest.mark.parametrize("sides", [(16, 16), (17, 23)])
@pytest.mark.parametrize("channels", [1, 3])
def test_features_are_what_they_say(channels: int, sides: tuple[int, int]) -> None:
    data = random_dataset(3, channels, sides)
    features = residual_spectra(data)
    assert features.shape == (3, 64 if channels == 1 else 256)
    one = by_definition(data.images[1, 0].numpy())
    assert features[1, :64] == pytest.approx(one.flatten(), rel=1e-3)
    if channels == 3:
        together = by_definition(data.images[1].numpy().astype(float).sum(0))
        assert features[1, 192:] == pytest.approx(together.flatten(), rel=1e-3)


def test_the_area_counts_pairs() -> None:
    positive, negative = np.array([0.9, 0.5, 0.4]), np.array([0.5, 0.1])
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    assert area(positive, negative) == pytest.approx(np.mean(pairs))
    assert area(positive, negative[:0]) is None


def test_it_is_read_back_without_torch() -> None:
    found = Detection(0.9, None, 0.8, 0.7, 0.5, {"released": 1.0}, 60, {"released": 4, "test": 5})
    code = (
        "import json, sys; from mtlue.evaluation.audits.detection import Detection;"
        "print(Detection.from_json(json.loads(sys.argv[1]))); assert 'torch' not in sys.modules"
    )
    run = subprocess.run([sys.executable, "-c", code, json.dumps(found.to_json())], capture_output=True, text=True)
    assert run.stdout.strip() == repr(found), run.stderr

"""What image files will be like is estimated on as many images as take a part of a second."""

import pytest

from mtlue import Runtime
from mtlue.data.loading import Collection, load
from mtlue.data.options import DataOptions
from mtlue.jobs.protection.probed_files import ENCODED, MOST_LOSSLESS, MOST_LOSSY, probe_files
from mtlue.release.form import ReleaseForm

JPEG = ReleaseForm("jpeg", lossy=True, quality=85)


@pytest.fixture(scope="module")
def digits() -> Collection:
    return load(DataOptions("digits", limit_train=400, limit_test=200), Runtime("cpu"))


def test_rare_changes_of_a_pixel_are_looked_for_in_many_small_images(digits: Collection) -> None:
    probed = probe_files(JPEG, digits, 8 / 255)
    assert probed.images == MOST_LOSSY
    assert probe_files(ReleaseForm(), digits, 8 / 255).images == MOST_LOSSLESS
    assert probed.largest is not None
    assert probed.largest >= 45  # fitted perturbations of 600 digits: 55 and 62


def test_large_images_are_few(monkeypatch: pytest.MonkeyPatch, digits: Collection) -> None:
    monkeypatch.setattr("mtlue.jobs.protection.probed_files._PIXELS", 1000)
    assert probe_files(JPEG, digits, 8 / 255, noise=True).images == ENCODED

"""What an image file may hold, in any format: every file of the writer passes, and what is put into one is noticed."""

import io
from pathlib import Path

import numpy as np
import pytest
from container_files import EPSILON, Lab, examine, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from forging import (
    SRGB,
    encoded,
)
from mtlue.release.containers.contents import ContainerError
from mtlue.release.formats import FORMATS

SLACK = {"webp": 3, "webp-lossless": 3, "jpeg": 16}
"""Bytes by which a file may be longer unnoticed."""


def near(pixels: np.ndarray, seed: int) -> np.ndarray:
    change = np.random.default_rng(seed).integers(-EPSILON, EPSILON + 1, pixels.shape)
    return (pixels.astype(int) + change).clip(0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=60)
@given(
    form=st.sampled_from(sorted(FORMATS)),
    height=st.integers(8, 70),
    width=st.integers(8, 70),
    grey=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "flat", "slope"]),
    with_profile=st.booleans(),
)
def test_every_file_that_the_writer_makes_passes(
    form: str, height: int, width: int, grey: bool, seed: int, kind: str, with_profile: bool
) -> None:
    shape = (height, width) if grey else (height, width, 3)
    random = np.random.default_rng(seed)
    pixels = {
        "noise": random.integers(0, 256, shape).astype(np.uint8),
        "flat": np.full(shape, seed % 256, np.uint8),
        "slope": picture(seed, shape),
    }[kind]
    examine(encoded(pixels, form, SRGB if with_profile and not grey else None), form)


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("shape", [(13, 18), (13, 18, 3)])
@pytest.mark.parametrize("with_profile", [False, True])
def test_thousands_of_mutants(form: str, shape: tuple[int, ...], with_profile: bool, tmp_path: Path) -> None:
    """Bytes changed, put in, taken out, repeated or appended anywhere, in a release whose hashes were made to fit.

    What passes has the pixels that it may have, and hides no more than the few bytes that a decoder may not look at.
    """
    clean = picture(0, shape)
    lab = Lab(tmp_path, form, clean)
    content = encoded(near(clean, 1), form, SRGB if with_profile and len(shape) == 3 else None)
    assert lab.accepts(content)
    random = np.random.default_rng(2)
    for _ in range(300):
        mutant = mutated(content, random)
        if mutant == content or not lab.accepts(mutant):
            continue
        assert len(mutant) <= len(content) + SLACK.get(form, 0)
        decoded = FORMATS[form].decode(mutant, len(lab.clean["x"])).int()
        assert not FORMATS[form].lossless or (decoded - lab.clean["x"].int()).abs().max() <= EPSILON


def mutated(content: bytes, random: np.random.Generator) -> bytes:
    place, length = int(random.integers(len(content) + 1)), int(random.integers(1, 20))
    more = random.bytes(length)
    kind = int(random.integers(6))
    if kind == 0:
        return content[:place] + more + content[place:]
    if kind == 1:
        return content[:place] + content[place + length :]
    if kind == 2:
        return content[:place] + content[max(place - length, 0) :]
    if kind == 3:
        return content + more
    return content[:place] + more[:1] + content[place + 1 :]


@pytest.mark.parametrize("form", sorted(FORMATS))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_a_file_of_another_kind_is_not_taken(form: str, kind: str) -> None:
    if FORMATS[form].options["format"] == kind:
        return
    stream = io.BytesIO()
    Image.fromarray(picture(0)).save(stream, kind)
    with pytest.raises(ContainerError, match="is not a"):
        examine(stream.getvalue(), form)

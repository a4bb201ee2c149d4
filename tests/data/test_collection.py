"""A dataset as it was read, and its clean images."""

from pathlib import Path

import pytest
import torch

from mtlue import InputError, Runtime
from mtlue.data.collection import CleanImages
from mtlue.data.loading import clean_images, load
from mtlue.data.options import DataOptions


def test_splits_are_parts_of_the_whole(folder: Path) -> None:
    collection = load(DataOptions("table", folder), Runtime("cpu"))
    train = collection.split("train")
    assert collection.restricted_to(["train"]).samples.ids == train.ids
    assert len(train) + len(collection.split("test")) == 12
    with pytest.raises(InputError, match=r"has no val images .* train"):
        collection.split("val")


def test_clean_images_come_from_files_past_every_cache(folder: Path) -> None:
    options = DataOptions("table", folder, size=12)
    collection = load(options, Runtime("cpu"))
    clean = CleanImages(collection)
    identifier = collection.listing.ids[4]
    assert torch.equal(clean[identifier], collection.samples[4].image)
    native = clean_images(options, collection.pipeline, {identifier}, native=True)
    assert list(native) == [identifier]
    assert native[identifier].shape == (3, 20, 24)
    (folder / identifier).unlink()
    with pytest.raises(InputError, match="can no longer be read"):
        clean[identifier]
    assert identifier in clean  # reads no file
    assert "elsewhere.png" not in clean

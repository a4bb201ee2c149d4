"""What a learner sees: windows and mirrors, the same for images and maps."""

import pytest
import torch

from mtlue import InputError, Pipeline
from mtlue.structured import typed


def test_a_draw_shows_images_and_maps_alike() -> None:
    pipeline = Pipeline(size=(12, 14), crop=(8, 9), flip=True, channels=3)
    images = torch.rand(20, 3, 12, 14)
    view = pipeline.draw(images, torch.Generator().manual_seed(0))
    assert view.cut(images).shape == (20, 3, 8, 9)
    assert torch.equal(view.cut(images)[:, 1], view.cut(images[:, 1]))
    assert view.mirrored is not None
    assert 0 < int(view.mirrored.sum()) < 20


def test_the_test_view_is_the_middle() -> None:
    images = torch.arange(100.0).reshape(1, 1, 10, 10)
    assert torch.equal(Pipeline(crop=(8, 8)).test_view(images), images[..., 1:9, 1:9])
    assert torch.equal(Pipeline().test_view(images), images)


def test_a_pipeline_is_described_and_built_again() -> None:
    pipeline = Pipeline((32, 40), (28, 28), True, 99, 1, (0.0, 4095.0))
    assert typed(pipeline.to_json(), Pipeline) == pipeline
    with pytest.raises(InputError, match="value_range 1 0"):
        Pipeline(value_range=(1, 0))
    with pytest.raises(InputError, match="not resolved"):
        _ = Pipeline().image_shape

"""Models on a device: their layout in memory."""

import torch

from mtlue.models import MultiTaskModel
from mtlue.models.placing import placed
from mtlue.tasks import Categorical


def test_on_a_cpu_models_are_laid_out_channels_last_and_say_the_same() -> None:
    model = MultiTaskModel("resnet18", [Categorical("shape", ("round", "square"))], 3, (32, 32)).eval()
    images = torch.rand(2, 3, 32, 32)
    expected = model(images)["shape"]
    assert placed(model, torch.device("cpu")) is model
    weights = [weight for weight in model.parameters() if weight.ndim == 4]
    assert weights
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)
    torch.testing.assert_close(model(images)["shape"], expected)

"""Batch normalisation over several processes; two of them are tried in tests/training/test_parts.py."""

import copy
from collections.abc import Iterator

import pytest
import timm
import torch
import torch.distributed as dist
from timm.layers.norm_act import BatchNormAct2d
from torch import nn
from torch._C._distributed_c10d import FileStore

from mtlue.errors import InputError
from mtlue.whole_batch_norm import WholeBatchNorm1d, WholeBatchNorm2d, WholeBatchNormAct2d, share_statistics

ACTIVATED = ("densenet121", "regnetx_002", "mobilenetv3_small_050")
"""Networks of timm whose batch normalisation holds the activation."""


@pytest.fixture
def _one_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    store = FileStore(str(tmp_path_factory.mktemp("store") / "file"), 1)
    dist.init_process_group("gloo", store=store, rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("_one_process")
@pytest.mark.parametrize("settings", [{}, {"momentum": None}, {"affine": False}, {"track_running_stats": False}])
@pytest.mark.parametrize("shape", [(6, 3, 5, 7), (2, 1, 1, 1), (1, 4, 17, 23)])
def test_one_process_normalises_as_pytorch_does(settings: dict[str, object], shape: tuple[int, ...]) -> None:
    plain = nn.BatchNorm2d(shape[1], **settings).double()  # type: ignore[arg-type]
    ours = share_statistics(nn.Sequential(copy.deepcopy(plain)), on_gpu=False)
    assert isinstance(ours[0], WholeBatchNorm2d)  # type: ignore[index]
    for seed in range(3):
        images = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        one, two = images.clone().requires_grad_(), images.clone().requires_grad_()
        expected, found = plain(one), ours(two)
        torch.testing.assert_close(found, expected)
        upstream = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
        expected.backward(upstream)
        found.backward(upstream)
        torch.testing.assert_close(two.grad, one.grad, atol=1e-7, rtol=1e-7)
    for (name, value), other in zip(plain.state_dict().items(), ours.state_dict().values(), strict=True):
        torch.testing.assert_close(other, value, msg=name)
    torch.testing.assert_close(ours.eval()(images), plain.eval()(images))


def test_without_processes_it_is_pytorchs() -> None:
    images = torch.randn(4, 3, 5, 5)
    plain = nn.BatchNorm2d(3)
    ours = share_statistics(copy.deepcopy(plain), on_gpu=False)
    assert torch.equal(ours(images), plain(images))
    assert torch.equal(ours.state_dict()["running_var"], plain.state_dict()["running_var"])


def network(name: str) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made: nn.Module = timm.create_model(name, num_classes=4, drop_rate=0.0)
        for module in made.modules():  # of fresh ones many would change nothing
            if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None:
                nn.init.normal_(module.bias, std=0.1)
                nn.init.normal_(module.running_mean, std=0.1)
    return made.double()


@pytest.mark.usefixtures("_one_process")
@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 5)])
def test_rows_without_height_and_width_are_normalised_as_pytorch_does(shape: tuple[int, ...]) -> None:
    plain, rows = nn.BatchNorm1d(3).double(), torch.randn(shape, dtype=torch.float64)
    ours = share_statistics(nn.Sequential(copy.deepcopy(plain)), on_gpu=False)
    assert isinstance(ours[0], WholeBatchNorm1d)  # type: ignore[index]
    torch.testing.assert_close(ours(rows), plain(rows))
    torch.testing.assert_close(ours.eval()(rows), plain.eval()(rows))


@pytest.mark.usefixtures("_one_process")
@pytest.mark.parametrize("name", ACTIVATED)
def test_activations_inside_a_normalisation_stay_on_a_cpu(name: str) -> None:
    plain, images = network(name).train(), torch.rand(4, 3, 64, 64, dtype=torch.float64)
    ours = share_statistics(copy.deepcopy(plain), on_gpu=False)
    assert any(isinstance(module, WholeBatchNormAct2d) for module in ours.modules())
    assert all(type(module) is not BatchNormAct2d for module in ours.modules())
    torch.testing.assert_close(ours(images), plain(images))
    torch.testing.assert_close(ours.eval()(images), plain.eval()(images))


@pytest.mark.parametrize("name", ACTIVATED)
@pytest.mark.parametrize("times", [1, 2])
def test_activations_inside_a_normalisation_stay_on_a_gpu(name: str, times: int) -> None:
    """As far as a CPU tells: what they say once trained; also where a network is trained for a second time."""
    plain, images = network(name).eval(), torch.rand(2, 3, 64, 64, dtype=torch.float64)
    ours = copy.deepcopy(plain)
    for _ in range(times):
        ours = share_statistics(ours, on_gpu=True)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in ours.modules())
    torch.testing.assert_close(ours(images), plain(images))


@pytest.mark.parametrize("on_gpu", [False, True])
def test_a_normalisation_that_is_not_known_is_refused(on_gpu: bool) -> None:
    class Halved(nn.BatchNorm2d):
        def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002
            return super().forward(input) / 2

    with pytest.raises(InputError, match="a network with Halved cannot be trained by several processes"):
        share_statistics(nn.Sequential(nn.Conv2d(3, 3, 1), Halved(3)), on_gpu)

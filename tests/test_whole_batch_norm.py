"""Batch normalisation over several processes; two of them are tried in tests/training/test_parts.py."""

import copy
from collections.abc import Iterator

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import FileStore

from mtlue.whole_batch_norm import WholeBatchNorm2d, share_statistics


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
    ours = share_statistics(nn.Sequential(copy.deepcopy(plain)))
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
    ours = share_statistics(copy.deepcopy(plain))
    assert torch.equal(ours(images), plain(images))
    assert torch.equal(ours.state_dict()["running_var"], plain.state_dict()["running_var"])

"""What a machine can do at best, what a job asks of it, and how long a GPU works meanwhile."""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from timing.measuring import settle
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

SIDE = {"cpu": 2048, "cuda": 8192}
"""Of the matrices that are multiplied."""
CONVOLVED = {"cpu": (32, 256, 32), "cuda": (256, 512, 32)}
"""Images, channels and sides of maps that are convolved."""
COPIED = {"cpu": 2**28, "cuda": 2**30}
"""Bytes that are copied: far more than caches hold."""
NUMBERS = {"32-true": torch.float32, "bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}
"""What is multiplied in a precision."""
TURNS = 10


class Work(TorchDispatchMode):
    """Counts floating-point operations (of convolutions and matrix products), and the bytes that operations move.

    Bytes are what each operation reads and writes on its own: what runs eagerly is not fused. PyTorch's own mode for
    operations cannot be used around a gradient with respect to a tensor inside (its module hooks refuse that); its
    registry of formulas can.
    """

    def __init__(self) -> None:
        TorchDispatchMode.__init__(self)
        self.operations = 0
        self.bytes = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        result = func(*args, **named)
        if not func.is_view:
            self.bytes += sum(_bytes(each) for each in tree_leaves((args, named, result)) if isinstance(each, Tensor))
        if (formula := flop_registry.get(func.overloadpacket)) is not None:
            self.operations += formula(*args, **named, out_val=result)
        return result


def work(job: Callable[[], object]) -> Work:
    """What a job asks of a machine."""
    made = Work()
    with made:
        job()
    return made


def peaks(device: torch.device, precision: str, turns: int = TURNS) -> tuple[float, float]:
    """Operations per second of a large matrix product or convolution (the faster), and bytes per second of a copy.

    Each is the best of ``turns``. Of a copy both reading and writing count. On a GPU the product of float32 numbers is
    computed in TF32, as convolutions are by default. Convolutions may need fewer operations than are counted
    (Winograd).
    """
    kept, numbers = torch.get_float32_matmul_precision(), NUMBERS[precision]
    side, (batch, channels, pixels) = SIDE[device.type], CONVOLVED[device.type]
    matrix = torch.randn(side, side, device=device, dtype=numbers)
    maps = torch.randn(batch, channels, pixels, pixels, device=device, dtype=numbers)
    kernel = torch.randn(channels, channels, 3, 3, device=device, dtype=numbers)
    source = torch.ones(COPIED[device.type], dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    if device.type == "cuda" and torch.backends.cudnn.allow_tf32:
        torch.set_float32_matmul_precision("high")
    try:
        product = 2 * side**3 / _fastest(lambda: matrix @ matrix, device, turns)
    finally:
        torch.set_float32_matmul_precision(kept)
    convolved = _fastest(lambda: torch.conv2d(maps, kernel, padding=1), device, turns)
    convolution = 2 * 9 * batch * (channels * pixels) ** 2 / convolved
    return max(product, convolution), 2 * len(source) / _fastest(lambda: target.copy_(source), device, turns)


def busy_share(job: Callable[[], object], device: torch.device) -> float:
    """Share of a job's time in which a GPU runs anything, copies among it."""
    job()
    settle(device)
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        started = time.perf_counter()
        job()
        settle(device)
        passed = time.perf_counter() - started
    on_device = [event.time_range for event in profiled.events() or [] if event.device_type.name == "CUDA"]
    return covered((each.start, each.end) for each in on_device) / (1e6 * passed)


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Length of the union of (start, end)."""
    total, reached = 0.0, float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _bytes(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _fastest(job: Callable[[], object], device: torch.device, turns: int) -> float:
    """Seconds of the fastest of some turns."""
    seconds = []
    for _ in range(turns):
        settle(device)
        started = time.perf_counter()
        job()
        settle(device)
        seconds.append(time.perf_counter() - started)
    return min(seconds)

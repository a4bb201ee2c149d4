"""What devices and precisions are called; imports nothing heavy, as options name them."""

from typing import Literal

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]
Device = Literal["auto", "cpu", "cuda", "mps"]

_FAST_BF16 = ("avx512_bf16", "amx_bf16")
"""Instructions with which a processor multiplies bfloat16 faster than float32."""


def learning_precision(device: Device = "auto") -> Precision:
    """The precision in which an audit trains its learners, where none was chosen.

    ``bf16-mixed`` on a processor that has instructions for it: a learner takes three quarters of the time and scores
    the same (benchmarks/NOTES.md); everywhere else, on a GPU too, ``32-true``.
    """
    import torch

    if device not in ("auto", "cpu") or (device == "auto" and torch.accelerator.is_available()):
        return "32-true"
    capabilities = torch.cpu.get_capabilities()
    return "bf16-mixed" if any(capabilities.get(name) for name in _FAST_BF16) else "32-true"

"""What devices and precisions are called; imports nothing heavy, as options name them."""

from typing import Literal

Precision = Literal["32-true", "16-mixed", "bf16-mixed"]
Device = Literal["auto", "cpu", "cuda", "mps"]

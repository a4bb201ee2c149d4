"""Where a command computes. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtlue.cli.process import STARTED
from mtlue.cli.terminal.console import Bars
from mtlue.devices import Device, Precision
from mtlue.seeds import read_seed

if TYPE_CHECKING:
    from mtlue.runtime import Runtime


@dataclass(frozen=True)
class DeviceOptions:
    """Where and how to compute.

    Args:
        device: auto takes a GPU if there is one.
        precision: 32-true, bf16-mixed, or on a GPU 16-mixed; by default 32-true.
    """

    device: Device = "auto"
    precision: Precision | None = None

    def number(self) -> int:
        """The runtime's seed; 0 where the job's request holds the seed."""
        return 0

    def usual_precision(self) -> Precision:
        """What is computed in where none was asked for."""
        return "32-true"

    def runtime(self, profiled: bool = False) -> Runtime:
        """Where the command computes; only now torch is imported."""
        from mtlue.runtime import Runtime

        runtime = Runtime(self.device, self.precision or self.usual_precision(), self.number(), Bars())
        return runtime.profiled(STARTED.get(None)) if profiled else runtime


@dataclass(frozen=True)
class RuntimeOptions(DeviceOptions):
    """Where and how to compute.

    Args:
        seed: every random number is derived from it: the same seed gives the same bytes. A whole number, or 32
            hexadecimal digits.
    """

    seed: str = "0"

    def number(self) -> int:
        return read_seed(self.seed)

"""Where tests of what holds on any device compute: on a CPU, or where the environment says.

``MTLUE_TEST_DEVICE`` names a device (cpu, cuda, mps, auto), ``MTLUE_TEST_PRECISION`` a precision (32-true, bf16-mixed,
16-mixed). Tests that compare bytes, or numbers with those of a formula, stay on a CPU in single precision.
"""

import os
from typing import Any, get_args

import pytest
from torch import Tensor

from mtlue import Runtime
from mtlue.devices import Device, Precision


def _chosen(variable: str, default: str, choices: tuple[str, ...]) -> Any:
    value = os.environ.get(variable, default)
    if value not in choices:
        raise pytest.UsageError(f"{variable} is '{value}': choose one of {', '.join(choices)}")
    return value


DEVICE: Device = _chosen("MTLUE_TEST_DEVICE", "cpu", get_args(Device))
PRECISION: Precision = _chosen("MTLUE_TEST_PRECISION", "32-true", get_args(Precision))


def cpu_or_chosen(seed: int = 0) -> Runtime:
    """A runtime for what holds on any device and in any precision."""
    return Runtime(DEVICE, PRECISION, seed=seed)


def there(tensor: Tensor) -> Tensor:
    """The tensor on the device of :func:`cpu_or_chosen`."""
    return tensor.to(cpu_or_chosen().device)

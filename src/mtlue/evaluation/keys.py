"""Keys of experiments: the same text for the same experiment, in any version of this package. Imports nothing heavy."""

import hashlib
import json
from dataclasses import MISSING, asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

PROTOCOL = 2
"""Raise it with a change that gives an experiment other numbers: records under earlier keys are then computed again."""


def experiment_key(*values: Any) -> str:
    """20 hexadecimal digits that depend on values that JSON can hold, on dataclasses and paths, and on the protocol."""
    text = json.dumps((PROTOCOL, *values), sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def settled(options: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not its defaults: an option that is added later changes no key."""
    required = {item.name for item in fields(options) if item.default is MISSING and item.default_factory is MISSING}
    default = asdict(type(options)(**{name: getattr(options, name) for name in required}))
    return {name: value for name, value in asdict(options).items() if name in required or value != default[name]}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.as_posix()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"a key cannot hold {value!r}")

"""Files with other contents: values replaced, moved or doubled, bytes lost, changed or added."""

import copy
import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mtlue import MtlueError

MUTANTS = int(os.environ.get("MTLUE_MUTANTS", "60"))


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 10**9, 10**6, 2**70, -(2**63), 0.5, -0.5, 1e300, 1e-300, 3.0),
    *("", "x", "0", "nan", "1e5", "a" * 5000, "\udc80", "\0\x1b[31m", "[/a]", "../..", "categorical", "tap"),
    *([], {}, [[]], [None], [0], ["x"], {"x": 1}, {"": None}, [0] * 3, [{}] * 3, {"kind": "x"}, deep(20), deep(200)),
]
"""What stands in the place of another value."""


def paths(value: Any) -> Iterator[list[Any]]:
    """The way to every value inside a value."""
    yield []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield from ([key, *rest] for rest in paths(inner))


def mutated(values: Any, draw: random.Random) -> Any:
    """A copy with one value replaced, removed, moved under another name, or given twice."""
    root = [copy.deepcopy(values)]
    way = [0, *draw.choice(list(paths(values)))]
    place: Any = root
    for key in way[:-1]:
        place = place[key]
    change = draw.choice(["replace"] * 5 + ["remove", "rename", "double"])
    if change == "replace" or place is root:
        place[way[-1]] = copy.deepcopy(draw.choice(VALUES))
    elif change == "remove":
        del place[way[-1]]
    elif isinstance(place, dict):
        moved = place[way[-1]] if change == "double" else place.pop(way[-1])
        place[draw.choice(["x", "", way[-1] + " ", "\udc80", *place])] = moved
    else:
        place.append(copy.deepcopy(place[way[-1]]))
    return root[0]


def cut(content: bytes, draw: random.Random) -> bytes:
    """Bytes lost, changed or added."""
    at = draw.randrange(len(content))
    return draw.choice(
        [
            content[:at],
            content[at:],
            content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :],
            content[:at] + draw.randbytes(8) + content[at:],
            content[:at] + b"[" * 100_000 + content[at:],
            content[:at] + b"NaN" + content[at:],
            content[:at] + b"1" * 5000 + content[at:],
            content[: at // 2] + content[at:],
            content * 2,
            b"",
            b"\xef\xbb\xbf" + content,
            b"\xff\xfe" + content,
        ]
    )


def mutants(content: bytes, seed: str, count: int = MUTANTS) -> Iterator[bytes]:
    """Other contents of a file: of a JSON or YAML file, half of them with other values."""
    draw = random.Random(seed)
    values = read_any(content)
    for number in range(count):
        if values is not None and number % 2 == 0:
            yield json.dumps(mutated(values, draw), ensure_ascii=draw.random() < 0.9, default=str).encode(
                "utf-8", "surrogatepass"
            )
        else:
            yield cut(content, draw)


def read_any(content: bytes) -> Any:
    import yaml

    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def refused(use: Callable[[], object]) -> bool:
    """Whether ``use`` ends in one line; any exception that is no MtlueError fails the test."""
    message = None
    try:
        use()
    except MtlueError as error:
        message = str(error)
    assert message is None or (message and message.isprintable())
    return message is not None


def count_refused(path: Path, use: Callable[[], object]) -> int:
    """How many mutants of a file are refused; what else they do must be no error."""
    content, count = path.read_bytes(), 0
    for mutant in mutants(content, path.name + path.parent.name):
        path.write_bytes(mutant)
        count += refused(use)
    path.write_bytes(content)
    return count

"""JSON and YAML files that are read back: each as a declared type (msgspec), or refused in one sentence."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from mtlue.errors import InputError, MtlueError
from mtlue.safe_yaml import DEEPEST, parse_yaml

T = TypeVar("T")
LARGEST_JSON = 2**30
"""Bytes of a JSON file: a release of millions of images lists them in less."""
LARGEST_YAML = 2**20
"""Bytes of a YAML file: what people write by hand is smaller."""
LARGEST_NUMBER = 1e300
"""Magnitude of a number; what is larger overflows in the arithmetic that follows."""
_LONGEST_REASON = 600
_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
}
"""msgspec's names of types, in plain words."""


def read_json(
    path: Path,
    kind: type[T],
    remedy: str,
    error: type[MtlueError] = InputError,
    *,
    exact: bool = False,
    before: Callable[[Any], Any] | None = None,
) -> T:
    """A JSON file as ``kind``: a dataclass, a msgspec.Struct, ``dict[str, Any]`` or any type that msgspec knows.

    Args:
        path: the file.
        kind: what it should hold.
        remedy: what to do about a file that is missing or holds something else, without a full stop.
        error: what is raised then.
        exact: refuse keys that a dataclass has no field for; else they are ignored.
        before: changes what the file holds before it is typed.

    Raises:
        error: the file is missing, unreadable, not JSON, nested too deeply, names a key twice, holds a number that is
            not finite, or is not of this type.
    """
    with refusing(path, remedy, error):
        values = _plain(json.loads(_text(path, LARGEST_JSON), object_pairs_hook=_mapping))
        return typed(values if before is None else before(values), kind, exact=exact)


def read_long_json(path: Path, kind: type[T]) -> T | None:
    """As :func:`read_json`, without a mapping in memory for each object; None of a file that this would refuse.

    Args:
        path: the file.
        kind: a msgspec.Struct.
    """
    try:
        text = _text(path, LARGEST_JSON)
        json.loads(text, object_pairs_hook=_once, parse_float=_finite, parse_int=_finite, parse_constant=_finite)
        return msgspec.json.decode(text, type=kind)
    except (OSError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> None:
    """Keeps nothing of a mapping, and refuses it where a key appears twice."""
    _mapping(pairs)


def _finite(text: str) -> None:
    if not abs(float(text)) <= LARGEST_NUMBER:
        raise ValueError("it holds a number that is not finite, or too large")


def read_json_if_there(path: Path, kind: type[T], remedy: str, error: type[MtlueError] = InputError) -> T | None:
    """As :func:`read_json`, or None where there is no such file; a file that cannot be reached is an error."""
    return read_json(path, kind, remedy, error) if is_there(path, remedy, error) else None


def is_there(path: Path, remedy: str, error: type[MtlueError] = InputError) -> bool:
    """Whether there is such a file or folder; one that cannot be reached is an error, as for :func:`read_json`."""
    with refusing(path, remedy, error):
        try:
            path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True


def read_yaml(
    path: Path,
    kind: type[T],
    remedy: str,
    error: type[MtlueError] = InputError,
    *,
    as_text: bool = False,
    exact: bool = False,
) -> T:
    """A YAML file as ``kind``; the arguments are those of :func:`read_json`.

    Refused are aliases (a few lines of them can stand for gigabytes), tags other than ``!!str``, and a key that appears
    twice in one mapping.

    Args:
        as_text: leave every scalar as the text that the file shows: ``007`` stays ``'007'``, ``True`` stays ``'True'``.
    """
    with refusing(path, remedy, error):
        values = parse_yaml(_text(path, LARGEST_YAML), as_text)
        return typed(_plain(values), kind, exact=exact)


def typed(values: Any, kind: type[T], *, exact: bool = True, numbers_as_text: bool = False) -> T:
    """Plain mappings, lists and scalars as ``kind``.

    Args:
        values: as JSON or YAML gives them.
        kind: as for :func:`read_json`; a path may be given as text.
        exact: refuse keys that a dataclass has no field for; else they are ignored.
        numbers_as_text: read ``'1e-3'`` where a number is wanted.

    Raises:
        ValueError: the values are of other types; the text says which one.
    """
    try:
        result = msgspec.convert(values, kind, dec_hook=_from_text, strict=not numbers_as_text)
    except msgspec.ValidationError as fault:
        raise ValueError(_in_words(str(fault), values, kind)) from fault
    unknown = next(_unknown_keys(values, result), None) if exact else None
    if unknown is not None:
        raise ValueError(f"there is no option '{unknown[0]}': choose from {', '.join(unknown[1])}")
    return result


@contextmanager
def refusing(path: Path, remedy: str, error: type[MtlueError] = InputError) -> Iterator[None]:
    """Whatever is wrong with a file, or with what was read from it, becomes ``error`` in one sentence.

    Args:
        path: the file.
        remedy: what to do about it, without a full stop.
    """
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as fault:
        raise error(f"{path} is missing: {remedy}") from fault
    except IsADirectoryError as fault:
        raise error(f"{path} is a folder, not a file: {remedy}") from fault
    except OSError as fault:
        raise error(f"{path} cannot be read ({fault.strerror or fault}): {remedy}") from fault
    except RecursionError as fault:
        raise error(f"{path} is nested too deeply: {remedy}") from fault
    except (yaml.YAMLError, ValueError, OverflowError, MtlueError) as fault:
        raise error(f"{path} cannot be used ({reason(fault)}): {remedy}") from fault


def reason(fault: Exception) -> str:
    """Why something could not be read, in one short line of printable characters."""
    text = str(fault)
    if isinstance(fault, yaml.MarkedYAMLError) and fault.problem is not None:
        mark = fault.problem_mark or fault.context_mark
        text = (f"line {mark.line + 1}, column {mark.column + 1}: " if mark else "") + fault.problem
    elif isinstance(fault, json.JSONDecodeError):
        text = f"it is not JSON from line {fault.lineno}, column {fault.colno}, on"
    elif isinstance(fault, yaml.reader.ReaderError):
        text = f"character {fault.position + 1}: {fault.reason}"
    elif "set_int_max_str_digits" in text:
        text = "it holds a number that is too large"
    line = "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in " ".join(text.split()))
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + " …"


def _in_words(text: str, values: Any, kind: Any) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.a[0]`" as "a[0] should be a whole number, not 'x'"."""
    text, _, place = text.partition(" - at `")
    name = place.replace("`key` in ", "a key of ").replace("`", "").removeprefix("$").removeprefix(".") or "it"
    if mismatch := re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", text):
        wanted, got = (" or ".join(_WORDS.get(one, one) for one in types.split(" | ")) for types in mismatch.groups())
        value = _at(place, values)
        return f"{name} should be {wanted}, not {got if isinstance(value, dict | list | None) else repr(value)}"
    if choice := re.fullmatch(r"Invalid enum value (.+)", text):
        return f"{name} should be {_choices(place, kind)}, not {choice[1]}"
    if length := re.fullmatch(r"Expected `array` of length (.+), got (\d+)", text):
        return f"{name} should have {length[1]} values, not {length[2]}"
    if missing := re.fullmatch(r"Object missing required field `([^`]+)`", text):
        text = f"{missing[1]} is missing"
    return text if name == "it" else f"{name}: {text}"


def _choices(place: str, kind: Any) -> str:
    """The values that may stand at msgspec's path in ``kind``, as a list in words."""
    types = [msgspec.inspect.type_info(kind)]
    for name, index in re.findall(r"\.(\w+)|\[([^]]+)\]", place):
        types = [inner for one in _alternatives(types) for inner in _within(one, name, index)]
    values = [str(value) for one in _alternatives(types) for value in getattr(one, "values", ())]
    numbers = any(isinstance(one, msgspec.inspect.IntType) for one in _alternatives(types))
    return ("one of " if len(values) > 1 else "") + ", ".join(values) + (" or a whole number" if numbers else "")


def _within(kind: Any, name: str, index: str) -> list[Any]:
    """The types of what a type holds under a field's name, or at an index."""
    if name:
        return [one.type for one in getattr(kind, "fields", ()) if one.name == name]
    if hasattr(kind, "item_types"):
        return [kind.item_types[int(index)]]
    return [getattr(kind, holds) for holds in ("item_type", "value_type") if hasattr(kind, holds)]


def _alternatives(kinds: Sequence[Any]) -> list[Any]:
    return [one for kind in kinds for one in getattr(kind, "types", (kind,))]


def _at(place: str, values: Any) -> Any:
    """What lies at msgspec's path; None where the path does not tell."""
    if "key" in place or "[...]" in place:
        return None
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", place):
        values = values[name or int(index)]
    return values


def _text(path: Path, largest: int) -> str:
    """The text of a file in UTF-8, or in UTF-16 where it says so itself."""
    with path.open("rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"it is larger than {largest} bytes")
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ValueError("it is not text in UTF-8") from fault


def _plain(values: Any) -> Any:
    """What a parser gave, refused where it is too deep, or a number too large, for what comes after."""
    level = [values]
    for _ in range(DEEPEST):
        if not level:
            return values
        for value in level:
            if isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
                raise ValueError("it holds a number that is not finite, or too large")
        level = [inner for value in level for inner in _inside(value)]
    raise RecursionError


def _inside(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        (name, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key '{name}' appears twice")
    return values


def _from_text(kind: type[Any], value: Any) -> Any:
    """The types that msgspec leaves to its caller."""
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError(f"should be text, the {kind.__name__.lower()} of something, not {value!r}")


def _unknown_keys(values: Any, result: Any) -> Iterator[tuple[str, list[str]]]:
    """Keys that a dataclass of ``result`` has no field for, and the fields that it has."""
    if is_dataclass(result):
        names = [item.name for item in fields(result)]
        yield from ((str(key), names) for key in values if key not in names)
        pairs = [(values[name], getattr(result, name)) for name in names if name in values]
    elif isinstance(result, dict):
        pairs = [(values[key], inner) for key, inner in result.items() if key in values]
    elif isinstance(result, list | tuple):
        pairs = list(zip(values, result, strict=False))
    else:
        return
    for given, inner in pairs:
        yield from _unknown_keys(given, inner)

"""JSON and YAML files that are read back: each as a declared type (msgspec), or refused in one sentence."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from mtlue.errors import InputError, MtlueError

T = TypeVar("T")
LARGEST_YAML = 2**20
"""Bytes of a YAML file: what people write by hand is smaller, and the parser is slow."""


def read_json(path: Path, kind: type[T], remedy: str, error: type[MtlueError] = InputError) -> T:
    """A JSON file as ``kind``: a dataclass, a msgspec.Struct, ``dict[str, Any]`` or any type that msgspec knows.

    Args:
        path: the file.
        kind: what it should hold.
        remedy: what to do about a file that is missing or holds something else, without a full stop.
        error: what is raised then.

    Raises:
        error: the file is missing, unreadable, no JSON, nested too deeply, or not of this type.
    """
    return _refused(path, remedy, error, lambda: msgspec.json.decode(path.read_bytes(), type=kind))


def read_yaml(
    path: Path, kind: type[T], remedy: str, error: type[MtlueError] = InputError, *, as_text: bool = False
) -> T:
    """A YAML file as ``kind``; the arguments are those of :func:`read_json`.

    Aliases are refused (a few lines of them can stand for gigabytes), and so is a key that appears twice in one mapping.

    Args:
        as_text: leave every scalar as the text that the file shows: ``007`` stays ``'007'``, ``True`` stays ``'True'``.
    """
    return _refused(path, remedy, error, lambda: msgspec.convert(_parse_yaml(path.read_bytes(), as_text), kind))


def _parse_yaml(content: bytes, as_text: bool = False) -> Any:
    if len(content) > LARGEST_YAML:
        raise ValueError(f"it is larger than {LARGEST_YAML} bytes")
    return yaml.load(content, Loader=_TextLoader if as_text else _PlainLoader)  # noqa: S506 - both derive from safe ones


class _Strict(yaml.composer.Composer, yaml.constructor.BaseConstructor):
    """No aliases, and no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):  # type: ignore[no-untyped-call]
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, f"the alias '*{event.anchor}' is not read: write its value out", event.start_mark
            )
        return super().compose_node(parent, index)  # type: ignore[no-untyped-call]

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        names: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in names:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key.value}' appears twice: keep one", key.start_mark
                    )
                names.add((key.tag, key.value))
        return super().construct_mapping(node, deep)


class _PlainLoader(_Strict, yaml.SafeLoader):
    pass


class _TextLoader(_Strict, yaml.BaseLoader):
    pass


def _refused(path: Path, remedy: str, error: type[MtlueError], read: Any) -> Any:
    """What ``read`` gives, or ``error`` with the reason in one line."""
    try:
        return read()
    except FileNotFoundError as fault:
        raise error(f"{path} is missing: {remedy}") from fault
    except IsADirectoryError as fault:
        raise error(f"{path} is a folder, not a file: {remedy}") from fault
    except OSError as fault:
        raise error(f"{path} cannot be read ({fault.strerror or fault}): {remedy}") from fault
    except RecursionError as fault:
        raise error(f"{path} is nested too deeply: {remedy}") from fault
    except (msgspec.MsgspecError, yaml.YAMLError, ValueError) as fault:
        raise error(f"{path} cannot be used ({' '.join(str(fault).split())}): {remedy}") from fault

"""YAML that cannot surprise: no aliases (a few lines of them can stand for gigabytes), no tags, no key twice."""

import re
from collections.abc import Hashable
from typing import Any

import yaml

if yaml.__with_libyaml__:  # about ten times as fast
    from yaml import CBaseLoader as _BaseLoader
    from yaml import CSafeLoader as _SafeLoader
else:
    from yaml import BaseLoader as _BaseLoader
    from yaml import SafeLoader as _SafeLoader

DEEPEST = 32
"""Mappings and lists inside one another: the files that this tool writes have at most seven."""
_STANDARD_TAGS = "tag:yaml.org,2002:"
_STRING_TAG = f"{_STANDARD_TAGS}str"


def parse_yaml(text: str, as_text: bool) -> Any:
    """The one document of a text; what must not be built is refused before anything is.

    Args:
        text: a YAML document.
        as_text: leave every scalar as the text that the document shows: ``007`` stays ``'007'``.

    Raises:
        yaml.YAMLError: it is not YAML, or holds an alias, a tag other than ``!!str``, or a key twice in one mapping.
        RecursionError: it is nested too deeply.
    """
    loader = _TextLoader if as_text else _PlainLoader
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        fault = _fault(event)
        if fault is not None:
            raise yaml.composer.ComposerError(None, None, fault, event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError
    return yaml.load(text, Loader=loader)


def _fault(event: Any) -> str | None:
    """Why a node that begins like this is not read; None where it is."""
    if isinstance(event, yaml.AliasEvent):
        return f"the alias '*{event.anchor}' is not read: write its value out"
    tag, allowed = getattr(event, "tag", None), (_STRING_TAG,) if isinstance(event, yaml.ScalarEvent) else ()
    if tag is not None and tag not in allowed:
        return f"the tag '{tag.replace(_STANDARD_TAGS, '!!')}' is not read: leave it out"
    return None


class _UniqueKeys(yaml.constructor.BaseConstructor):  # type: ignore[misc]
    """No key twice in a mapping: YAML forbids it, and PyYAML takes the last one."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        names: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in names:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key.value}' appears twice: keep one", key.start_mark
                    )
                names.add((key.tag, key.value))
        values: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return values


_NUMBERS = {
    f"{_STANDARD_TAGS}int": re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|0|[1-9][0-9_]*)$"),
    f"{_STANDARD_TAGS}float": re.compile(
        r"([-+]?([0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)([eE][-+][0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"
    ),
}
"""YAML 1.1's numbers without those of base 60: ``1:30`` stays text, and a long one takes no time."""


def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    """PyYAML's rules for what plain scalars are, with these numbers."""
    return {
        first: [(tag, _NUMBERS.get(tag, rule)) for tag, rule in rules]
        for first, rules in _SafeLoader.yaml_implicit_resolvers.items()
    }


class _PlainLoader(_UniqueKeys, _SafeLoader):  # type: ignore[misc]
    yaml_implicit_resolvers = _resolvers()


class _TextLoader(_UniqueKeys, _BaseLoader):  # type: ignore[misc]
    pass

"""timm's names of backbones, read from its sources: importing timm imports torch, which takes seconds.

Imports nothing heavy, unless timm is there in a form that cannot be read.
"""

import re
import sys
from fnmatch import filter as matching
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mtlue.errors import InputError
from mtlue.models.names import OWN, SHORT_NAMES
from mtlue.suggestions import nearest

_REGISTERED = re.compile(r"^@register_model\s+(?:@.*\s+)*def (\w+)\(", re.MULTILINE)
_DEPRECATED = re.compile(r"^register_model_deprecations\(\s*__name__,\s*\{(.*?)^\}\)", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"""^\s*['"]([\w.]+)['"]\s*:""", re.MULTILINE)
_NEAR = 5
"""Names like a wrong one that a message shows."""


def check_backbone(name: str) -> None:
    """Refuse an unknown backbone before anything is built.

    Raises:
        InputError: as :func:`timm_name`.
    """
    if name not in OWN:
        timm_name(name)


def timm_name(name: str) -> str:
    """What timm calls a backbone.

    Raises:
        InputError: it does not know it; names near ones.
    """
    full_name = SHORT_NAMES.get(name, name)
    if not _is_known(full_name.partition(".")[0]):  # after the dot: which of its weights
        raise InputError(_unknown(name))
    return full_name


def _is_known(architecture: str) -> bool:
    current, deprecated = names_of_timm()
    if architecture in current or architecture in deprecated:
        return True
    if current and "timm" not in sys.modules:
        return False
    import timm  # other packages may have added models to it

    return bool(timm.is_model(architecture))


@cache
def names_of_timm() -> tuple[frozenset[str], frozenset[str]]:
    """The models of the installed timm: those that it lists, and old names that it still takes."""
    current: set[str] = set()
    deprecated: set[str] = set()
    for path in _sources():
        text = path.read_text(encoding="utf-8")
        current.update(_REGISTERED.findall(text))
        deprecated.update(key for names in _DEPRECATED.findall(text) for key in _KEY.findall(names))
    return frozenset(current - deprecated), frozenset(deprecated)


def _sources() -> list[Path]:
    """The files that define timm's models; none where timm is not a folder of sources."""
    spec = find_spec("timm")
    places = spec.submodule_search_locations if spec else None
    return [path for place in places or () for path in sorted(Path(place, "models").rglob("*.py"))]


def _unknown(name: str) -> str:
    ours, current = [*OWN, *SHORT_NAMES], sorted(names_of_timm()[0])
    close = matching(current, f"*{name}*")[:_NEAR]
    near = nearest(name, ours) or nearest(name, current)
    meant = f"did you mean '{near}'? Choose" if near else "choose"
    return f"unknown backbone '{name}': {meant} {', '.join(ours)} or the name of any timm model" + (
        f" (near ones: {', '.join(close)})" if close else " (timm.list_models())"
    )

"""Weightings by name. Adding one: a class or function of the number of tasks, and a row in ``WEIGHTINGS``.

torchjd's names are read from its sources: importing torchjd imports torch. Imports nothing heavy.
"""

import ast
from collections.abc import Callable, Collection
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from mtlue.errors import InputError
from mtlue.registry import Registry, Row
from mtlue.suggestions import nearest

C = TypeVar("C", bound=type)


class Weightings(Registry[Any]):
    """Weightings by name; case, hyphens and underscores do not tell two apart."""

    def register(self, name: str) -> Callable[[C], C]:
        others = (one for one in self.names if one != name)
        for taken in (*others, *names_of_torchjd()):
            if plain(taken) == plain(name):
                raise InputError(f"weighting '{name}' would be the same as '{taken}': choose another name")
        return super().register(name)


WEIGHTINGS: Weightings = Weightings(
    "weighting",
    "mtlue.weightings",
    {
        "ls": Row("mtlue.training.weightings:equal"),
        "uw": Row("mtlue.training.weightings:uncertainty"),
        "rlw": Row("mtlue.training.weightings:random"),
        "aligned-mtl": Row("mtlue.training.weightings:aligned_mtl"),
        "fairgrad": Row("mtlue.training.weightings:fairgrad"),
    },
)
"""Name -> number of tasks -> :class:`mtlue.training.weighting.Weighting`. Every other name is a class of torchjd."""
_ROOMS = ("aggregation", "scalarization")
_NOT_THESE = ("Aggregator", "GramianWeightedAggregator", "Scalarizer", "WeightedAggregator", "Weighting")
"""Base classes, and the end of the names of an aggregator's parts."""


def check_weighting(name: str) -> None:
    """Refuse an unknown weighting before torch is imported; case, hyphens and underscores do not matter.

    Raises:
        InputError: names the likely one.
    """
    torchjds = names_of_torchjd()
    if torchjds and plain(name) not in map(plain, (*WEIGHTINGS, *torchjds)):
        raise InputError(unknown_weighting(name, torchjds))


def spelled(name: str) -> str:
    """A weighting's name as the registry spells it, so that one weighting has one name; an unknown one as it is.

    >>> spelled("Aligned_MTL"), spelled("imtl-g"), spelled("prayer")
    ('aligned-mtl', 'IMTLG', 'prayer')
    """
    for names in (lambda: WEIGHTINGS.names, names_of_torchjd):
        for known in names():
            if plain(known) == plain(name):
                return known
    return name


@cache
def names_of_torchjd() -> tuple[str, ...]:
    """The classes of the installed torchjd that weigh tasks, sorted; none where it is not a folder of sources."""
    spec = find_spec("torchjd")
    places = spec.submodule_search_locations if spec else None
    exported = {name for place in places or () for room in _ROOMS for name in _exported(Path(place, room))}
    return tuple(sorted((name for name in exported if not name.endswith(_NOT_THESE)), key=str.lower))


def unknown_weighting(name: str, torchjds: Collection[str]) -> str:
    """The message for a name that is neither ours nor one of torchjd's classes."""
    near = nearest(name, [*WEIGHTINGS, *torchjds])
    if near:  # all of torchjd's would drown it
        ours = ", ".join(WEIGHTINGS)
        return f"unknown weighting '{name}': did you mean '{near}'? Choose one of {ours}, or a class of torchjd"
    return f"unknown weighting '{name}': choose one of {', '.join(WEIGHTINGS)}, or of torchjd {', '.join(torchjds)}"


def plain(name: str) -> str:
    """A name without what does not matter in it."""
    return name.lower().replace("-", "").replace("_", "")


def _exported(package: Path) -> list[str]:
    """The ``__all__`` of a package's sources; empty where there is none that is a plain list."""
    source = package / "__init__.py"
    tree = ast.parse(source.read_text(encoding="utf-8") if source.is_file() else "")
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            return list(ast.literal_eval(statement.value))
    return []

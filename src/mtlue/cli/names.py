"""Names that options take, read from the registries, so that an added row appears in ``--help``; torch-free."""

from collections.abc import Collection, Iterable, Mapping

from mtlue.data.sources import SOURCES
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.methods.options import AUTO
from mtlue.methods.registry import METHODS
from mtlue.training.weighting_names import SHORT_NAMES

REGISTRIES: Mapping[str, tuple[Iterable[str], str]] = {
    "dataset": (SOURCES, ""),
    "method": (METHODS, AUTO),
    "weighting": (SHORT_NAMES, ""),
    "countermeasures": (COUNTERMEASURES, ""),
}
"""Option -> the registry, and another name that the option takes as well."""


def known_names(options: Collection[str]) -> str:
    """What the options among ``options`` that have a registry take, in a sentence each."""
    return " ".join(
        f"Names of --{option}: {', '.join([*([other] if other else []), *registry])}."
        for option, (registry, other) in REGISTRIES.items()
        if option in options
    )

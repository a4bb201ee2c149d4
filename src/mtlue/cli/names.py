"""Names that options take, read from the registries, so that an added row stands in ``--help``."""

from collections.abc import Collection, Iterable, Mapping

from mtlue.data.sources import SOURCES
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.methods import AUTO, METHODS
from mtlue.training.weighting import WEIGHTINGS

REGISTRIES: Mapping[str, tuple[Iterable[str], str]] = {
    "dataset": (SOURCES, ""),
    "method": (METHODS, AUTO),
    "weighting": (WEIGHTINGS, ""),
    "countermeasures": (COUNTERMEASURES, ""),
}
"""Option -> the registry, and a name beside it that the option takes as well."""


def known_names(options: Collection[str]) -> str:
    """What the options among ``options`` that have a registry take, in a sentence each."""
    return " ".join(
        f"Names of --{option}: {', '.join([*([beside] if beside else []), *registry])}."
        for option, (registry, beside) in REGISTRIES.items()
        if option in options
    )

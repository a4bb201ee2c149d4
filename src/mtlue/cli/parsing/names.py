"""Names that options take, and their settings, read from the registries, so that an added row appears in ``--help``.

Torch-free; the class of another package's row is imported, as its settings are part of it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING
from textwrap import fill
from typing import Any

from mtlue.cli.parsing.values import Option, options_of
from mtlue.data.sources import SOURCES
from mtlue.errors import InputError
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.attacks.tiers import TIERS
from mtlue.evaluation.countermeasures import COUNTERMEASURES
from mtlue.evaluation.countermeasures.base import Countermeasure
from mtlue.methods.options import AUTO
from mtlue.methods.registry import METHODS
from mtlue.methods.transformations import TRANSFORMATIONS
from mtlue.registry import Registry, setting_text
from mtlue.training.weighting_names import WEIGHTINGS

REGISTRIES: Mapping[str, tuple[Iterable[str], str]] = {
    "dataset": (SOURCES, ""),
    "method": (METHODS, AUTO),
    "weighting": (WEIGHTINGS, ""),
    "countermeasures": (COUNTERMEASURES, ""),
    "against": (TRANSFORMATIONS, ""),
    "only": (ATTACKS, ", ".join(TIERS)),
}
"""Option -> the registry, and other names that the option takes as well."""
CHOICES: Mapping[str, Registry[Any]] = {
    "dataset": SOURCES,
    "countermeasures": COUNTERMEASURES,
    "against": TRANSFORMATIONS,
}
"""Options whose names take settings, as in ``jpeg:quality=50``."""
_INDENT, _HANGING = "  ", "      "


def names_of(option: str) -> list[str]:
    """The names that an option with a registry takes; none for any other option."""
    registry, other = REGISTRIES.get(option, ((), ""))
    return [*filter(None, other.split(", ")), *registry]


def known_names(options: Collection[str]) -> str:
    """What the options among ``options`` that have a registry take, in a sentence each."""
    return " ".join(
        f"Values of --{option}: {', '.join([*([other] if other else []), *registry])}."
        for option, (registry, other) in REGISTRIES.items()
        if option in options
    )


def known_settings(options: Collection[str], width: int) -> str:
    """The settings of those names, one paragraph per option and one line per setting with its default.

    Args:
        options: the command's; those whose names have settings are described.
        width: of the text in columns.
    """
    paragraphs = [_paragraph(option, registry, width) for option, registry in CHOICES.items() if option in options]
    return "".join(f"\n{paragraph}\n" for paragraph in paragraphs if paragraph)


def _paragraph(option: str, registry: Registry[Any], width: int) -> str:
    """Empty where no row has settings."""
    settings = {name: _settings(registry, name) for name in registry.rows}
    lines = [line for name in registry.rows for line in _lines(registry, name, settings[name])]
    if not lines:
        return ""
    several = next((_example(name, own) for name, own in settings.items() if isinstance(own, list) and own[1:]), "")
    heading = f"Settings of --{option}, with their defaults{f' (several: {several})' if several else ''}:"
    below = [
        fill(line, width, initial_indent=_INDENT, subsequent_indent=_HANGING, break_on_hyphens=False)
        for line in [*lines, *_short(registry)]
    ]
    return "\n".join([fill(heading, width, break_on_hyphens=False), *below])


def _short(registry: Registry[Any]) -> Iterator[str]:
    """``short: jpeg10 is jpeg:quality=10``, where there are short names."""
    if registry.short:
        yield f"short: {', '.join(f'{short} is {meant}' for short, meant in registry.short.items())}"


def _settings(registry: Registry[Any], name: str) -> list[Option] | InputError:
    """A row's settings; or why they are unknown: another package may be broken, and help is shown even so."""
    try:
        return list(options_of(registry.settings(name)))
    except InputError as error:
        return error


def _lines(registry: Registry[Any], name: str, settings: list[Option] | InputError) -> Iterator[str]:
    """``jpeg:quality=10 (1..100; the paper's is 10)`` for each setting."""
    if isinstance(settings, InputError):
        yield f"{name}: {settings.text}"
        return
    needs = _needs(registry, name)
    if needs:
        yield f"{name} needs {needs}"
    for setting in settings:
        described = f" ({setting.help.removesuffix('.')})" if setting.help else ""
        yield f"{name}:{_given(setting)}{described}"


def _needs(registry: Registry[Any], name: str) -> str:
    """What applying a countermeasure needs; empty where that is nothing."""
    if registry is not COUNTERMEASURES:
        return ""
    needs: str = getattr(COUNTERMEASURES.load(name), "needs", Countermeasure.needs)
    return "" if needs == Countermeasure.needs else needs


def _example(name: str, settings: list[Option]) -> str:
    return f"{name}:{','.join(_given(setting) for setting in settings[:2])}"


def _given(setting: Option) -> str:
    return f"{setting.name}={'...' if setting.default is MISSING else setting_text(setting.default)}"

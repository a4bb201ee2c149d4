"""What argparse gets of options: their names, what they take, the titles of their groups."""

from argparse import Action, HelpFormatter
from textwrap import fill, wrap
from typing import Any

from mtlue.cli.parsing.values import Option


class Formatter(HelpFormatter):
    """Shows what an option takes as :attr:`mtlue.cli.parsing.values.Option.form` does, without argparse's brackets.

    Texts break at spaces alone: a name with hyphens stays whole.
    """

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width, break_on_hyphens=False)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return fill(
            " ".join(text.split()), width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )

    def _format_args(self, action: Action, default_metavar: str) -> str:
        if isinstance(action.metavar, str) and action.nargs in ("*", "+"):
            return action.metavar
        return super()._format_args(action, default_metavar)


def title_of(group: type) -> str:
    return (group.__doc__ or "").partition("\n")[0].removesuffix(".")


def names_of(option: Option) -> list[str]:
    return [option.name] if option.place else [f"--{option.flag}"]


def settings_of(option: Option) -> dict[str, Any]:
    """What argparse gets of an option: every word is kept as a text."""
    count = ("+" if option.place else "*") if option.takes_several else None
    shared = {"metavar": option.place or option.form, "nargs": count, "help": option.described().replace("%", "%%")}
    return shared if option.place else {**shared, "dest": option.name}

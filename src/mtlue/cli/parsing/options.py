"""A command line's parser: argparse finds each option's words, :mod:`mtlue.cli.parsing.values` says what they mean."""

from argparse import SUPPRESS, ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import MISSING, replace
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, NoReturn, TypeVar

from mtlue.cli.parsing.argparse_options import Formatter, names_of, settings_of, title_of
from mtlue.cli.parsing.config_file import CONFIG, config_place, read_config
from mtlue.cli.parsing.first_options import FIRST, TITLE
from mtlue.cli.parsing.values import Option, Texts, one_or_several, options_of
from mtlue.cli.parsing.words import (
    behind_switch,
    called,
    is_flag,
    placed_with_flags,
    repeated,
    too_many,
    usage,
    without_values,
    words_of,
)
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.jobs.requests.places import check_data_places
from mtlue.registry import Settings
from mtlue.suggestions import nearest

D = TypeVar("D")
_LEAST_WIDTH = 20
_OFFERING: ContextVar[bool] = ContextVar("offering", default=False)


class Given:
    """What a user gave: one dataclass for each of the parser's groups, as ``given[DataOptions]``."""

    def __init__(self, values: Mapping[type, Any]) -> None:
        self._values = values

    def __getitem__(self, group: type[D]) -> D:
        return self._values[group]  # type: ignore[no-any-return]


class Parser(ArgumentParser):
    """A parser whose flags read ``--limit-train`` and whose lists read ``--seeds 0 1 2`` or ``--seeds 0,1,2``.

    Args:
        command: what is run.
        description: what it does.
        groups: dataclasses, each field an option.
        words: options that words without a flag stand for, one after another, wherever they are written: ``protect
            photos``. One that is given with its flag takes no word.
    """

    def __init__(self, command: str, description: str, *groups: type, words: Sequence[str] = ()) -> None:
        text = description.replace("``", "")
        if words:
            text += f" {' and '.join(f'{called(word)} is --{word} {called(word)}' for word in words)}, in short."
        super().__init__(
            f"mtlue {command}",
            description=text,
            allow_abbrev=False,
            argument_default=SUPPRESS,
            formatter_class=Formatter,
        )
        self.add_argument(f"--{CONFIG}", metavar="FILE.yaml", help="YAML file of the same options; flags override it")
        self.faults = Faults()
        """What is known to be wrong before the options are read: :meth:`parse` tells it with the rest."""
        self._groups = {group: list(options_of(group)) for group in groups}
        self._options = {option.flag: option for options in self._groups.values() for option in options}
        self._add_options(command)
        self.words = tuple(words)
        self.usage = usage(self.prog, self._options, words)

    def _add_options(self, command: str) -> None:
        """The options that matter most in a group of their own before the others."""
        first = {name: place for place, name in enumerate(FIRST.get(command, ()))}
        matter = [option for option in self._options.values() if option.name in first]
        groups = [(TITLE, sorted(matter, key=lambda option: first[option.name]))]
        groups += [
            (title_of(group), [one for one in options if one.name not in first])
            for group, options in self._groups.items()
        ]
        general, *_ = self._action_groups[1:]
        for title, options in groups:
            if options:
                shown = self.add_argument_group(title)
                for option in options:
                    shown.add_argument(*names_of(option), **settings_of(option))
        self._action_groups.remove(general)  # --help and --config come last
        self._action_groups.append(general)

    def option(self, name: str) -> Option | None:
        """One of the options by its field's name; None where there is none."""
        return self._options.get(name.replace("_", "-"))

    def parse(self, arguments: Sequence[str]) -> Given:
        """What a command line says; ``--help`` prints and exits.

        Raises:
            InputError: names every option that is unknown, missing or invalid.
        """
        if _OFFERING.get():
            raise OfferedParser(self)
        words = words_of(arguments, self._options)
        if placed := placed_with_flags(words, self._options):
            self.error(self._has_a_place(placed))
        parsed, unknown = self.parse_known_args(words)
        faults = Faults()
        faults.add(*self.faults.texts, *repeated(words, self._options, (CONFIG,)))
        given = {name: one_or_several(words) for name, words in vars(parsed).items()}
        config = given.pop(CONFIG, [])
        configured = self._configured(config, faults)
        unknown, unclear = self._without_words(unknown, given, configured)
        for word in [word for word in unknown if is_flag(word)] or unknown[:1]:
            with faults.gathered():
                self._refuse(word, unknown, words)
        texts = {**configured, **given}
        places = {name: config_place(config) for name in texts if name not in given}
        groups: dict[type, Any] = {}
        for group, options in self._groups.items():
            with faults.gathered():
                groups[group] = _made(group, self._values(options, texts, places))
        if faults:  # what a command would find next
            for group, made in groups.items():
                if unclear.isdisjoint(option.name for option in self._groups[group]):
                    with faults.gathered():
                        _check(made)
            for option in self._options.values():
                if option.name in {*texts} - unclear:
                    with faults.gathered():
                        option.examine(texts[option.name])
        faults.check()
        return Given(groups)

    def _refuse(self, word: str, unknown: Sequence[str], words: Sequence[str]) -> NoReturn:
        """Say what is wrong with a word that is no option and stands for none.

        Args:
            word: one of ``unknown``.
            unknown: all such words.
            words: the command line.
        """
        if not is_flag(word):
            for value, switch in behind_switch(words, self._options):
                if value in unknown:
                    switch.value(value)  # refuses it
        several = "" if is_flag(word) else too_many(self.prog, unknown, self.words)
        self.error(several or self._no_option(word.partition("=")[0]))

    def error(self, message: str) -> NoReturn:
        message = message.removeprefix("argument ")
        flag, expected, _ = message.partition(": expected ")
        option = self._options.get(flag.removeprefix("--"))
        if expected:
            message = f"{flag} lacks its value" + (
                f", {option.form}: {option.help.partition('. ')[0]}" if option else ""
            )
        raise InputError(f"{message} ({self.prog} --help lists the options)")

    def elsewhere(self, name: str) -> str | None:
        """The message for an option that this parser would have with another choice; None where there is none."""
        return None

    def format_help(self) -> str:
        """The options, and below them the names that they take, with their settings."""
        from mtlue.cli.parsing.names import known_names, known_settings  # all registries: not needed to run

        names = [option.name for option in self._options.values()]
        self.epilog = known_names(names)
        width = max(_LEAST_WIDTH, get_terminal_size().columns - 2)  # as argparse does
        return super().format_help() + known_settings(names, width)

    def _without_words(
        self, words: Sequence[str], given: dict[str, Texts], configured: Mapping[str, Texts]
    ) -> tuple[list[str], set[str]]:
        """The words that are no option, but for those that stand for one of :attr:`words`, which become that option's.

        What a file of ``--config`` says is overridden only where a word can mean nothing else.

        Returns:
            Those words; and the options of which it is not clear which word stands for them, as there are too many.
        """
        plain = [word for word in words if not is_flag(word)]
        free = sorted((name for name in self.words if name not in given), key=lambda name: name in configured)
        if len(plain) > len(free):  # the word behind an option that does not exist was likely its value
            plain = without_values(words)
        given.update(zip(free, plain, strict=False))
        if len(plain) > len(free):
            return list(words), {*free}
        return [word for word in words if word not in plain], set()

    def _no_option(self, written: str) -> str:
        """The message for an option that does not exist, with the one that was likely meant."""
        name = written.lstrip("-").replace("_", "-")
        near = nearest(name, [*self._options, CONFIG, "help"])
        if near in self._options and self._options[near].place:
            return f"there is no option '{written}': {self._has_a_place({near: ''})}"
        question = f": did you mean --{near}?" if near else ""
        return self.elsewhere(name.replace("-", "_")) or f"there is no option '{written}'{question}"

    def _has_a_place(self, given: Mapping[str, str]) -> str:
        """What to say of words that have a place, given in another way: flag without hyphens -> what was given."""
        named = " and ".join(f"{self._options[name].place} is given without '--{name}'" for name in given)
        return f"{named}, as a word: {usage(self.prog, self._options, self.words, given)}"

    def _configured(self, path: Texts, faults: Faults) -> dict[str, Texts]:
        """Field -> what the file of ``--config`` says of it; nothing without one."""
        if not isinstance(path, str):
            return {}
        texts = {}
        for key, text in read_config(Path(path)).items():
            option = self._options.get(key.replace("_", "-"))
            if option is None or option.place:
                faults.add(f"{config_place(path)}{self._no_option(key)}")
            else:
                texts[option.name] = text
        return texts

    def _values(
        self, options: Sequence[Option], texts: Mapping[str, Texts], places: Mapping[str, str]
    ) -> dict[str, Any]:
        """Field -> its value; ``places`` says of some of them which file they come from."""
        faults = Faults()
        values = {}
        for option in options:
            own = Faults()
            with own.gathered():
                if option.name in texts:
                    values[option.name] = option.value(texts[option.name])
                    if option.default is MISSING and values[option.name] == []:
                        raise InputError(f"{param(option.name)} lacks its value")
                elif option.default is MISSING:
                    self.error(f"{param(option.name)} is required")
            faults.add(*(places.get(option.name, "") + text for text in own.texts))
        faults.check()
        return values


class OfferedParser(Exception):  # noqa: N818 -- no error: what a command was asked for
    """Inside :func:`offering` a command's parser is handed over instead of used."""

    def __init__(self, parser: Parser) -> None:
        super().__init__()
        self.parser = parser


@contextmanager
def offering() -> Iterator[None]:
    """Inside the block, a command that parses its options raises :class:`OfferedParser`."""
    token = _OFFERING.set(True)
    try:
        yield
    finally:
        _OFFERING.reset(token)


def first_look(arguments: Sequence[str], name: str) -> tuple[str | None, str]:
    """What a command line, or its ``--config``, says of an option that decides which others there are.

    Returns:
        The text, None where nothing is said, and how a message on it begins.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    for option in (CONFIG, name):
        parser.add_argument(f"--{option}", nargs="?")
    early = vars(parser.parse_known_args(arguments)[0])
    text, place = early[name], ""
    if not text and early[CONFIG]:
        text, place = read_config(Path(early[CONFIG])).get(name), config_place(early[CONFIG])
    return (text if isinstance(text, str) else None), place


def _made(group: type, values: dict[str, Any]) -> Any:
    """A group of options; settings, which refuse values when they are made, refuse all of them at once."""
    if issubclass(group, Settings):
        faults = Faults()
        for name, value in values.items():
            with faults.gathered():
                group(**{name: value})
        faults.check()
    return group(**values)


def _check(group: Any) -> None:
    """Refuse what a group of options can refuse by itself."""
    if isinstance(group, DataOptions) and (group.dataset or group.data):
        check_data_places(replace(group, dataset=group.dataset or AUTO))
    elif hasattr(group, "check"):
        group.check()

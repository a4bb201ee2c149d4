"""``mtlue --print-completion bash``: a script that completes commands, options and their names in a shell (shtab)."""

from __future__ import annotations

import io
from argparse import Action, ArgumentParser
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from mtlue.cli.parsing.config_file import CONFIG
from mtlue.cli.parsing.options import OfferedParser, Parser, offering
from mtlue.cli.parsing.words import called
from mtlue.errors import InputError
from mtlue.suggestions import unknown

SHELLS = ("bash", "zsh", "fish")


def completion_script(shell: str, commands: Mapping[str, str], run: Callable[[str, Sequence[str]], int]) -> str:
    """The script for one shell.

    Args:
        shell: of :data:`SHELLS`.
        commands: name -> what it does.
        run: runs a command with arguments.

    Raises:
        InputError: no script is made for this shell, or shtab is not installed.
    """
    if shell not in SHELLS:
        raise InputError(unknown("shell", shell, SHELLS))
    try:
        import shtab
    except ImportError as error:
        raise InputError("shell completion needs shtab: pip install 'mtlue[completion]'") from error
    root = ArgumentParser("mtlue", add_help=False)
    subparsers = root.add_subparsers()
    for name, text in commands.items():
        shown = subparsers.add_parser(name, help=text, description=text, add_help=False)
        offered = _parser_of(name, run)
        for action in offered._actions if offered else ():
            _offer(shown, action, offered, shtab)
        for word in offered.words if offered else ():  # which the parser finds among those it does not know
            shown.add_argument(word, metavar=called(word), nargs="?").complete = shtab.FILE  # type: ignore[attr-defined]
    return str(shtab.complete(root, shell=shell))


def _parser_of(name: str, run: Callable[[str, Sequence[str]], int]) -> Parser | None:
    """A command's parser, without running the command; None where it takes no options."""
    with offering(), redirect_stdout(io.StringIO()):
        try:
            run(name, ["--help"])
        except OfferedParser as offered:
            return offered.parser
    return None


def _offer(shown: ArgumentParser, action: Action, parser: Parser | None, shtab: Any) -> None:
    """Let the script know an option, what it may be, and whether it is a path."""
    option = None if parser is None else parser.option(action.dest)
    choices = () if option is None else _names(option.word, option.name)
    keywords = {"choices": tuple(choices)} if choices else {}
    help_ = (action.help or "").partition(":")[0].partition(";")[0].partition(" (")[0]
    if action.option_strings:
        takes = {"action": "store_true"} if action.nargs == 0 else {"nargs": _count(action), **keywords}
        made = shown.add_argument(*action.option_strings, dest=action.dest, help=help_, **takes)
    else:
        made = shown.add_argument(action.dest, help=help_, nargs=_count(action))
    if action.dest == CONFIG or (option is not None and Path in option.parts):
        made.complete = shtab.FILE  # type: ignore[attr-defined]


def _count(action: Action) -> Any:
    return action.nargs if isinstance(action.nargs, str) else None


def _names(word: str, option: str) -> Iterable[str]:
    """The words that an option can be: those of its type, or the names that a registry has for it."""
    from mtlue.cli.parsing.names import names_of

    return word.split("|") if "|" in word else names_of(option)

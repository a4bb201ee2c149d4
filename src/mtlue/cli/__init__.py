"""The command line: one small file per command; nothing heavy is imported before a command's options are read."""

import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from mtlue._version import __version__
from mtlue.cli.process import USER_ERROR, heavy_imports, leave, run_named, run_screened, say
from mtlue.errors import InputError
from mtlue.suggestions import unknown

COMMANDS = {
    "inspect": "see what a dataset holds: tasks, balance, duplicates, a contact sheet",
    "protect": "make a labelled image folder unlearnable",
    "apply": "protect new images with a generator that is already fitted",
    "verify": "prove that a release is whole, unchanged and within epsilon",
    "restore": "with the key of a release, take its perturbation out again",
    "audit": "try to break a release: attack by attack, the worst first",
    "evaluate": "compare learners of clean, noised and protected images",
    "benchmark": "run a grid of datasets, methods and learners",
    "analyse": "see how far apart a learner's features lie inside each class",
    "report": "make the HTML report of an evaluation",
    "table": "print the tables of many evaluations, beside the paper's figures",
    "ui": "the same in your browser: choose, protect, audit, download",
    "demo": "see the whole job on embedded images in a few minutes",
    "cache": "show how much the cache of decoded images takes, and clear it",
    "doctor": "check the installation",
}

_FIRST = {
    "mtlue demo": "see it all on built-in images first",
    "mtlue inspect photos": "what the folder holds",
    "mtlue protect photos --out out": "make it unlearnable",
    "mtlue verify out": "prove what was written",
    "mtlue audit out --budget 20m": "try to break it",
}
"""The five commands that matter, as they are first written."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 done, 1 a check failed, 2 bad input or output, 130 interrupted, 141 nobody reads the output,
        143 terminated.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run_screened(lambda: _run(arguments))


def entry() -> NoReturn:
    """The program: :func:`main`, and out with its status."""
    leave(main)


def _run(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_usage())
        return 0
    if arguments[0] == "--version":
        print(f"mtlue {__version__}")
        return 0
    if arguments[0].partition("=")[0] == "--print-completion":
        return run_named("--print-completion", lambda: _print_completion(arguments))
    name, options = arguments[0], arguments[1:]
    if name not in COMMANDS:
        say(f"mtlue: {unknown('command', name, list(COMMANDS))}")
        return USER_ERROR
    logging.getLogger("matplotlib").setLevel(
        logging.ERROR
    )  # else it warns of a home folder that it cannot write its cache to
    return run_named(name, lambda: _command(name)(options), options)


def _command(name: str) -> Callable[[Sequence[str]], int]:
    with heavy_imports():
        run: Callable[[Sequence[str]], int] = import_module(f"mtlue.cli.commands.{name}").run
    return run


def _print_completion(arguments: Sequence[str]) -> int:
    from mtlue.cli.parsing.completion import completion_script

    flag, _, joined = arguments[0].partition("=")
    words = [*filter(None, [joined]), *arguments[1:]]
    if len(words) != 1:
        raise InputError(f"{flag} takes one shell: {flag} bash, zsh or fish")
    print(completion_script(words[0], COMMANDS, lambda name, options: _command(name)(options)))
    return 0


def _usage() -> str:
    """The commands that lead from a folder to a proof, as they are written, and then all the others."""
    width = max(map(len, COMMANDS))
    first = max(map(len, _FIRST))
    steps = "\n".join(f"  {command:<{first}}  {text}" for command, text in _FIRST.items())
    others = [name for name in COMMANDS if not any(command.split()[1] == name for command in _FIRST)]
    commands = "\n".join(f"  {name:<{width}}  {COMMANDS[name]}" for name in others)
    return (
        f"mtlue {__version__}: makes labelled image datasets unlearnable\n\n"
        f"from a folder of labelled images to a release, and what it is worth:\n\n{steps}\n\n"
        f"also:\n\n{commands}\n\nmtlue COMMAND --help lists a command's options, the five that matter first.\n"
        "mtlue --print-completion bash (or zsh, fish) completes all of it in your shell.\n"
        "exit status: 0 done, 1 a check failed, 2 bad input or output, 130 interrupted,\n"
        "141 nobody reads the output, 143 terminated."
    )

"""The command line: one small file per command; nothing heavy is imported before a command's options are read."""

import logging
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from mtlue._version import __version__
from mtlue.cli.process import USER_ERROR, heavy_imports, leave, run_named, run_screened, say
from mtlue.suggestions import unknown

COMMANDS = {
    "inspect": "see what a dataset holds: tasks, balance, duplicates, a contact sheet",
    "protect": "make a labelled image folder unlearnable",
    "apply": "protect new images with a generator that is already fitted",
    "verify": "prove that a release is whole, unchanged and within epsilon",
    "audit": "try to break a release: attack by attack, the worst first",
    "evaluate": "train learners on clean, noised and protected images and compare them",
    "benchmark": "run a grid of datasets, methods and learners",
    "analyse": "see how far apart a learner's features lie inside each class",
    "report": "make the HTML report of an evaluation",
    "table": "print the tables of many evaluations, with the paper's figures next to them",
    "demo": "see the whole job on embedded images in a few minutes",
    "doctor": "check the installation",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0 done, 1 a check failed, 2 bad input or output, 130 interrupted, 143 terminated.
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
    name, options = arguments[0], arguments[1:]
    if name not in COMMANDS:
        say(f"mtlue: {unknown('command', name, list(COMMANDS))}")
        return USER_ERROR
    logging.getLogger("matplotlib").setLevel(
        logging.ERROR
    )  # else it warns of a home folder that it cannot write its cache to
    return run_named(name, lambda: _command(name)(options))


def _command(name: str) -> Callable[[Sequence[str]], int]:
    with heavy_imports():
        run: Callable[[Sequence[str]], int] = import_module(f"mtlue.cli.{name}").run
    return run


def _usage() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return (
        f"mtlue {__version__}: makes image datasets with several labels unlearnable\n\n"
        f"usage: mtlue COMMAND [options]\n\n{commands}\n\nmtlue COMMAND --help lists a command's options."
    )

"""Commands in processes of their own that have imported no large library when they begin."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_COMMANDS = """
import json
import os
import sys
from importlib import import_module
from mtlue.cli import COMMANDS, main

for command in COMMANDS:
    import_module(f"mtlue.cli.commands.{command}")

def run(arguments):
    try:
        status = main(arguments)
    except SystemExit as stopped:  # --help
        status = stopped.code
    heavy = [name for name in ("torch", "pandas", "sklearn", "matplotlib") if name in sys.modules]
    print("heavy:", *heavy)
    sys.exit(status)

for line in sys.stdin:
    folder, arguments, out, err = json.loads(line)
    process = os.fork()
    if process == 0:
        os.chdir(folder)
        for number, path in ((1, out), (2, err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        run(arguments)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""
"""Runs each command in a process of its own, forked from one that has imported no more than a command line is."""


@dataclass(frozen=True)
class Done:
    """A command that has ended; the last line of its output names the large libraries that it has imported."""

    returncode: int
    stdout: str
    stderr: str


Light = Callable[..., Done]
"""Runs a command in a folder: ``light(folder, "inspect", "photos")``."""


@contextmanager
def light_commands(said: Path) -> Iterator[Light]:
    """Runs commands in processes that are forked from one that imports what every command does, and no more.

    Args:
        said: an empty folder for what they print.
    """
    out, err, pipe = said / "out", said / "err", subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", _COMMANDS], stdin=pipe, stdout=pipe, text=True) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def run(folder: Path, *arguments: str) -> Done:
            print(json.dumps([str(folder), arguments, str(out), str(err)]), file=asked, flush=True)
            return Done(int(answered.readline()), out.read_text(), err.read_text())

        yield run

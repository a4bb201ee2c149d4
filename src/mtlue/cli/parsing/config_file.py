"""``--config FILE.yaml``: the options of a command in a file, each meaning what it means on the command line."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from mtlue.cli.parsing.values import Texts
from mtlue.cli.parsing.words import is_flag, without_options, without_values
from mtlue.errors import param
from mtlue.structured import read_yaml

CONFIG = "config"
_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML takes for no value: the option keeps its default."""


def read_config(path: Path) -> dict[str, Texts]:
    """Option -> the words of a YAML file for it: ``007`` stays ``007``, ``yes`` stays ``yes``.

    Raises:
        InputError: the file cannot be read.
    """
    values = read_yaml(path, dict[str, str | list[str]], "give one 'option: value' per line", as_text=True)
    return {name: text for name, text in values.items() if text not in _NOTHING}


def config_place(path: Texts) -> str:
    """How a message on something in a file of ``--config`` begins."""
    return f"{param(CONFIG)} {path}: "


def config_written_out(words: Sequence[str]) -> list[str]:
    """A command line with what its file of ``--config`` says in words, but for what the command line says itself.

    Raises:
        InputError: the file cannot be read.
    """
    paths = [word for flag, word in pairwise(words) if flag == f"--{CONFIG}"]
    paths += [word.partition("=")[2] for word in words if word.startswith(f"--{CONFIG}=")]
    kept = without_options(words, CONFIG)
    said = {word.partition("=")[0].removeprefix("--").replace("_", "-") for word in kept if is_flag(word)}
    for path in paths[-1:]:
        for name, text in read_config(Path(path)).items():
            flag = name.replace("_", "-")
            if flag not in said and not (flag == "data" and without_values(kept)):
                kept += [f"--{flag}", *([text] if isinstance(text, str) else text)]
    return kept

"""``--config FILE.yaml``: the options of a command in a file, each meaning what it means on the command line."""

from collections.abc import Mapping
from pathlib import Path

from mtlue.cli.values import Option, Texts, no_option
from mtlue.errors import InputError, param
from mtlue.structured import read_yaml

_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML takes for no value: the option keeps its default."""


def read_config(path: Path, options: Mapping[str, Option]) -> dict[str, Texts]:
    """Field -> the words of a YAML file for it: ``007`` stays ``007``, ``yes`` stays ``yes``.

    Args:
        path: the file.
        options: by flag; a key of the file may have hyphens or underscores.

    Raises:
        InputError: the file cannot be read, or names an option that is none of ``options``.
    """
    values = read_yaml(path, dict[str, str | list[str]], "give one 'option: value' per line", as_text=True)
    words: dict[str, Texts] = {}
    for key, text in values.items():
        flag = key.replace("_", "-")
        if flag not in options:
            raise InputError(f"{param('config')} {path}: {no_option(key, options)}")
        if text not in _NOTHING:
            words[options[flag].name] = text
    return words

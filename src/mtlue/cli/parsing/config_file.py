"""``--config FILE.yaml``: the options of a command in a file, each meaning what it means on the command line."""

from pathlib import Path

from mtlue.cli.parsing.values import Texts
from mtlue.structured import read_yaml

_NOTHING = ("", "~", "null", "Null", "NULL")
"""What YAML takes for no value: the option keeps its default."""


def read_config(path: Path) -> dict[str, Texts]:
    """Option -> the words of a YAML file for it: ``007`` stays ``007``, ``yes`` stays ``yes``.

    Raises:
        InputError: the file cannot be read.
    """
    values = read_yaml(path, dict[str, str | list[str]], "give one 'option: value' per line", as_text=True)
    return {name: text for name, text in values.items() if text not in _NOTHING}

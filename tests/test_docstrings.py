"""Examples in docstrings run, and every module says what it is for."""

import ast
import doctest
from importlib import import_module
from pathlib import Path

import pytest

import mtlue

SOURCE = Path(mtlue.__path__[0])
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return ".".join(["mtlue", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")


@pytest.mark.parametrize("path", [path for path in MODULES if ">>>" in path.read_text(encoding="utf-8")], ids=name_of)
def test_examples_run(path: Path) -> None:
    result = doctest.testmod(import_module(name_of(path)), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []

"""Examples in docstrings run, whatever a user calls has one, and every module says what it is for."""

import ast
import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

import mtlue

SOURCE = Path(mtlue.__path__[0])
MODULES = sorted(path for path in SOURCE.rglob("*.py") if path.read_text(encoding="utf-8"))
PAGE = Path(__file__).resolve().parents[1] / "docs/reference/python.md"
WITHOUT_EXAMPLE = {
    "mtlue.AuditResult": "the example of audit reads one",
    "mtlue.OutputError": "takes a place that cannot be written to",
    "mtlue.VerificationError": "takes a release that is not whole",
}
"""Names that are documented without an example that runs, and why."""


def name_of(path: Path) -> str:
    return ".".join(["mtlue", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__")


@pytest.mark.parametrize("path", [path for path in MODULES if ">>>" in path.read_text(encoding="utf-8")], ids=name_of)
def test_examples_run(path: Path) -> None:
    result = doctest.testmod(import_module(name_of(path)), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0


def documented() -> set[str]:
    """The names on the reference's page, and every public callable."""
    shown = re.findall(r"^\.\. auto\w+:: (\S+)", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {*shown, *(f"mtlue.{name}" for name in mtlue.__all__ if callable(getattr(mtlue, name)))}


def has_example(name: str) -> bool:
    """Whether the docstring has one that is not left out when examples are run."""
    module, _, attribute = name.rpartition(".")
    examples = doctest.DocTestParser().get_examples(getattr(import_module(module), attribute).__doc__ or "")
    return any(not example.options.get(doctest.SKIP) for example in examples)


def test_whatever_a_user_calls_has_an_example() -> None:
    names = documented()
    assert len(names) > 20
    assert {name for name in names if not has_example(name)} == set(WITHOUT_EXAMPLE)


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []

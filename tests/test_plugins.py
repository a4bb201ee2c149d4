"""What other packages add."""

import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from mtlue.errors import InputError
from mtlue.plugins import PLUGINS, entry_paths, import_plugins, load_object


def test_modules_that_the_user_names_are_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first_of_mine", "second_of_mine"):
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(PLUGINS, "first_of_mine, second_of_mine, ")
    import_plugins()
    assert {"first_of_mine", "second_of_mine"} <= set(sys.modules)
    monkeypatch.setenv(PLUGINS, "third_of_mine")
    with pytest.raises(InputError, match=f"{PLUGINS} names third_of_mine, which cannot be imported"):
        import_plugins()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def", r"SyntaxError: invalid syntax \(broken_of_mine\.py, line 1\)"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("raise AssertionError", "AssertionError$"),
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
        ("from mtlue.errors import InputError; raise InputError('no such thing')", "no such thing"),
    ],
)
def test_a_plugin_that_fails_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, why: str
) -> None:
    (tmp_path / "broken_of_mine.py").write_text(code + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(PLUGINS, "broken_of_mine")
    with pytest.raises(InputError, match=f"^{PLUGINS} names broken_of_mine, which cannot be imported: {why}"):
        import_plugins()
    with pytest.raises(InputError, match=rf"^method 'x' \(broken_of_mine:X\) cannot be loaded: {why}"):
        load_object("broken_of_mine:X", "method 'x'")


def test_entry_points_are_paths_that_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("path", "pathlib:Path", "mtlue.tests"), EntryPoint("gone", "pathlib:Gone", "mtlue.tests")]
    monkeypatch.setattr("mtlue.plugins._installed", lambda: EntryPoints(points))
    assert load_object(entry_paths("mtlue.tests")["path"], "method 'path'") is Path
    with pytest.raises(InputError, match=r"method 'gone' \(pathlib:Gone\) cannot be loaded"):
        load_object(entry_paths("mtlue.tests")["gone"], "method 'gone'")

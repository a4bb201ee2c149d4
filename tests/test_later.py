"""Modules that are imported when first used."""

import sys
from pathlib import Path

import pytest

from mtlue.lazy import Later


@pytest.fixture
def unloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module that nothing has imported."""
    (tmp_path / "seldom_used.py").write_text("ANSWER = 42")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "seldom_used", raising=False)
    return "seldom_used"


def test_a_module_is_imported_when_an_attribute_is_asked_for(unloaded: str) -> None:
    module = Later(unloaded)
    assert unloaded not in sys.modules
    assert module.ANSWER == 42
    assert unloaded in sys.modules
    with pytest.raises(AttributeError, match="QUESTION"):
        _ = module.QUESTION

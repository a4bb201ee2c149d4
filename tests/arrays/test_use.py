"""A store that is being used is known as such for as long as it is."""

import gc
from pathlib import Path

import pytest

from mtlue.arrays import use
from mtlue.arrays.use import USED, Use, is_used

pytest.importorskip("fcntl")


def test_a_store_is_held_until_the_object_is_gone(tmp_path: Path) -> None:
    held = Use(tmp_path / USED)
    assert is_used(tmp_path / USED)
    del held
    gc.collect()
    assert not is_used(tmp_path / USED)
    again = Use(tmp_path / USED)
    again.end()
    assert not is_used(tmp_path / USED)
    again.end()


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_stop_while_the_store_is_opened_says_nothing_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(use, "locked", stopped)
    with pytest.raises(KeyboardInterrupt):
        Use(tmp_path / USED)
    gc.collect()

"""Mistakes in a grid's file: all are told at once, each with its place."""

from pathlib import Path

import pytest

from mtlue import InputError
from mtlue.errors import spoken
from mtlue.evaluation.grids.grid import Grid
from mtlue.faults import FaultsError


def test_all_mistakes_of_a_grid_are_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(
        "datasets: {digits: {limit_train: 0}}\nmethods: {tpa: {}, tap: {epslion: 4, views: 0}}\nsedes: 3\n"
        "backbones: []\nseeds: two\n"
    )
    with pytest.raises(FaultsError) as raised:
        Grid.read(path)
    reasons = ["did you mean 'seeds'", "backbones should be", "seeds should be", "limit_train 0"]
    reasons += ["method 'tpa': did you mean 'tap'", "did you mean 'epsilon'", "views 0: give 1"]
    for fault, reason in zip(raised.value.faults, reasons, strict=True):
        assert fault.startswith(f"{path}: ")
        assert reason in spoken(fault)
    path.write_text("datasets: [digits]\nmethods: [tap]\nbackbones: [tinyy, tiny, tinny]\ntrainable: tail\n")
    with pytest.raises(FaultsError) as raised:
        Grid.read(path)
    assert [fault.split("'")[1] for fault in raised.value.faults] == ["tail", "tinyy", "tinny"]


def test_files_that_are_no_grid_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.yaml is missing: give a grid"):
        Grid.read(tmp_path / "nowhere.yaml")
    (tmp_path / "list.yaml").write_text("- a\n- b\n")
    with pytest.raises(InputError, match=r"should be a mapping, not a list\): give a grid"):
        Grid.read(tmp_path / "list.yaml")


def test_everything_that_is_wrong_is_told_at_once_with_its_block() -> None:
    wrong = {
        "datasets": ["digitz"],
        "methods": {"tapp": {}, "mine": {"method": "lsp-patch", "sqare": 4, "square": 0}},
        "foo": 1,
        "blocks": [
            {"backbone": "tini", "weightings": ["lss"], "settings": ["mtll"], "countermeasures": ["jpg", "blurr"]},
            {"init": "nofile.pt", "trainable": "hed", "seeds": "x"},
        ],
    }
    with pytest.raises(FaultsError) as refused:
        Grid.of(wrong)
    expected = [
        "unknown option 'foo'",
        "dataset digitz: unknown dataset 'digitz'",
        "method tapp: unknown method 'tapp'",
        "method mine: unknown option 'sqare'",
        "method mine: square 0",
        "block 1: unknown setting 'mtll'",
        "block 1: unknown backbone 'tini'",
        "block 1: unknown weighting 'lss'",
        "block 1: unknown countermeasure 'jpg'",
        "block 1: unknown countermeasure 'blurr'",
        "block 2: the grid: seeds should be",
        "block 2: unknown trainable 'hed'",
        "block 2: init nofile.pt: no such file",
    ]
    faults = map(spoken, refused.value.faults)
    assert [fault[: len(start)] for fault, start in zip(faults, expected, strict=True)] == expected

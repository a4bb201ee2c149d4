"""Columns of label maps: what their files hold."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from conftest import save_image
from mtlue import Depth, Segmentation
from mtlue.data.columns.file_columns import is_file_column
from mtlue.data.columns.masks import dense_task, names_label_maps, to_code
from mtlue.data.columns.rules import ColumnRule


@pytest.fixture
def masks(tmp_path: Path) -> "pd.Series[str]":
    for i in range(3):
        values = np.kron(np.array([[0, 1], [4, 255]], np.uint8), np.ones((8, 8), np.uint8))
        Image.fromarray(values).save(tmp_path / f"{i}.png")
    return pd.Series(["0.png", None, "1.png", "2.png"], dtype=object)


def test_numbers_of_masks_are_classes_and_255_is_none(masks: "pd.Series[str]", tmp_path: Path) -> None:
    assert is_file_column(masks, tmp_path)
    task, fault, notes = dense_task("mask", masks, ColumnRule("mask"), tmp_path)
    assert (task, fault) == (Segmentation("mask", ("0", "1", "4"), (0, 1, 4), (255,)), "")
    assert "255 in masks counts as unlabelled" in notes[0]


def test_photos_are_no_masks_unless_a_rule_says_another_kind(tmp_path: Path) -> None:
    save_image(tmp_path / "a.png", mode="L")
    cells = pd.Series(["a.png"], dtype=object)
    assert "look like photos" in dense_task("x", cells, ColumnRule("x"), tmp_path)[1]
    assert dense_task("x", cells, ColumnRule("x", kind="depth", high=3.0), tmp_path)[0] == Depth("x", high=3.0)


def test_files_are_label_maps_unless_a_rule_says_classes(masks: "pd.Series[str]", tmp_path: Path) -> None:
    assert names_label_maps(masks, ColumnRule("mask"), tmp_path)
    assert not names_label_maps(masks, ColumnRule("mask", kind="categorical"), tmp_path)
    assert not is_file_column(pd.Series(["0.png", "cat"], dtype=object), tmp_path)
    assert not is_file_column(pd.Series([None], dtype=object), tmp_path)
    assert (to_code("7"), to_code("#ff0080")) == (7, (255, 0, 128))

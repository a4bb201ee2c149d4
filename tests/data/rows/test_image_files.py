"""Which column of a table names image files."""

from pathlib import Path

import pandas as pd
import pytest

from conftest import save_image
from mtlue import InputError
from mtlue.data.rows.image_files import ImageFiles, image_column


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        save_image(tmp_path / f"{name}.png", (8, 8))
    return tmp_path


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"note": ["x", "y"], "photo": ["a.png", "b.png"]}, "photo"),
        ({"photo": ["z.png", "y.png"], "note": ["x", "y"]}, "photo"),
        ({"note": ["x", "y"], "key": ["a", "b"]}, "key"),
        ({"note": ["a.png", "b.png"], "image": ["a.png", "b.png"]}, "image"),
    ],
)
def test_cells_say_which_column_it_is(columns: dict[str, list[str]], column: str, photos: Path) -> None:
    frame = pd.DataFrame(columns, dtype=object)
    assert image_column(frame, Path("t.csv"), photos, None) == column
    assert ImageFiles(photos).names == ["a.png", "b.png"]


def test_no_column_and_an_absent_one_are_refused(photos: Path) -> None:
    frame = pd.DataFrame({"note": ["x", "y"]}, dtype=object)
    with pytest.raises(InputError, match=r"no column of t\.csv names image files"):
        image_column(frame, Path("t.csv"), photos, None)
    with pytest.raises(InputError, match="image_column 'photo' is not a column"):
        image_column(frame, Path("t.csv"), photos, "photo")


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    for number in range(1, 11):
        save_image(tmp_path / f"{number}.jpg", (8, 8))
    return tmp_path


NUMBERS = [str(number) for number in range(1, 11)]


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"id": [str(number) for number in range(-300, 11)]}, "id"),  # a table of more rows than there are images
        ({"stars": ["1", "2"] * 5, "id": NUMBERS}, "id"),
        ({"id": [*NUMBERS, "1"], "stars": [*"12345", *"12345", "1"]}, "id"),  # that 1 appears twice is said later
        ({"id": NUMBERS, "same": NUMBERS}, "id"),
        ({"rank": NUMBERS[::-1], "name": NUMBERS}, "name"),  # the usual name of such a column
        ({"id": [*NUMBERS, *map(str, range(100, 200))], "price": [str(n * 7) for n in range(110)]}, "id"),
    ],
)
def test_numbers_name_images_where_they_name_most(columns: dict[str, list[str]], column: str, numbered: Path) -> None:
    frame = pd.DataFrame(columns, dtype=object)
    assert image_column(frame, Path("t.csv"), numbered, None) == column


def test_two_columns_of_numbers_that_name_different_images_are_refused(numbered: Path) -> None:
    frame = pd.DataFrame({"rank": NUMBERS[::-1], "id": NUMBERS}, dtype=object)
    with pytest.raises(InputError, match=r"columns rank, id of t\.csv each name image files .*, and not the same"):
        image_column(frame, Path("t.csv"), numbered, None)
    assert image_column(frame, Path("t.csv"), numbered, "id") == "id"


@pytest.mark.parametrize("column", [("stars", ["1", "2", "3", "3", "2", "1"]), ("Age", NUMBERS)])
def test_numbers_that_repeat_or_are_quantities_name_no_images(column: tuple[str, list[str]], numbered: Path) -> None:
    frame = pd.DataFrame({column[0]: column[1]}, dtype=object)
    with pytest.raises(InputError, match="no column of"):
        image_column(frame, Path("t.csv"), numbered, None)

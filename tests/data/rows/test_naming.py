"""Files that a table names differently."""

from pathlib import Path

import pytest

from conftest import save_image, write_table
from mtlue.data.options import DataOptions
from mtlue.data.rows.naming import FileIndex
from mtlue.data.rows.pairing import paired_rows
from mtlue.data.rows.parts import TablePart

INDEX = FileIndex(["cats/Tom.png", "dogs/rex.jpg", "a/1.png", "b/1.png"], "pets")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("cats/tom.PNG", "cats/Tom.png"),
        ("tom", "cats/Tom.png"),
        ("dogs/rex", "dogs/rex.jpg"),
        (r"dogs\rex.jpg", "dogs/rex.jpg"),
        ("/home/me/pets/dogs/rex.jpg", "dogs/rex.jpg"),
        ("https://host.example/x/tom.png?size=1", "cats/Tom.png"),
        ("pets/dogs/rex.jpg", "dogs/rex.jpg"),
        ("../dogs/rex.gif", None),
        ("wolf", None),
    ],
)
def test_the_one_file_that_a_name_can_mean(name: str, file: str | None) -> None:
    assert INDEX.find(name)[0] == file


def test_several_files_of_a_name_are_named() -> None:
    path, why = INDEX.find("1.png")
    assert path is None
    assert "a/1.png or b/1.png" in why


def test_a_name_that_begins_with_the_folder_is_also_looked_for_without_it() -> None:
    assert [INDEX.also_tried(name) for name in ("pets/wolf.png", r"Pets\wolf.png", "cats/wolf.png", "pets")] == [
        "wolf.png", "wolf.png", "", "",
    ]  # fmt: skip


def test_what_was_looked_for_is_said_of_a_missing_file_whose_name_begins_with_the_folder(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        save_image(tmp_path / "pets" / name)
    rows = [{"file": f"pets/{number}.png", "kind": "cat"} for number in (1, 2, 3)]
    table = write_table(tmp_path, rows)
    read = paired_rows([TablePart(table)], tmp_path / "pets", DataOptions("table"))
    assert read.lost == [
        f"line 4 of {table.name} (pets/3.png): there is no such file in {tmp_path / 'pets'}, and no 3.png"
    ]

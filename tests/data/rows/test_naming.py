"""Files that a table names differently."""

import pytest

from mtlue.data.rows.naming import FileIndex

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

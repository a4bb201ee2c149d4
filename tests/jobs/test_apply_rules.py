"""``apply`` takes a task's labels from the cells that they were taken from when the method was fitted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome, read_rows, save_image, write_table

FITTED = "{left: {column: right, ignore: ['3']}, notes: drop}"


def photos(root: Path, count: int = 24) -> Path:
    """A folder of images, whose table has two columns of digits and one of words."""
    rows = [
        {"file_name": f"{n}.png", "left": f"{n % 3 + 1}", "right": f"{n % 4}", "notes": "abc"[n % 3]}
        for n in range(count)
    ]
    for number, row in enumerate(rows):
        save_image(root / row["file_name"], seed=number)
    write_table(root, rows)
    return root


@pytest.fixture
def private(tmp_path: Path, mtlue: Callable[..., Outcome]) -> Path:
    photos(tmp_path / "photos")
    (tmp_path / "fitted.yaml").write_text(f"{{tasks: {FITTED}, others: false}}")
    options = ("--method", "lsp-patch", "--self-check", "false", "--tasks", tmp_path / "fitted.yaml")
    made = mtlue("protect", tmp_path / "photos", "--out", tmp_path / "out", *options)
    assert made.status == 0, made.err
    return tmp_path / "out/private"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("{left: {ignore: ['3']}}", "'column' of task 'left' is 'left', but 'right' where the method was fitted"),
        ("{left: {column: right}}", "'ignore' of task 'left' is none, but '3' where the method was fitted"),
        (
            "{left: {column: right, ignore: ['3', '2']}}",
            "'ignore' of task 'left' is '3', '2', but '3' where the method was fitted",
        ),
        (
            "{left: {column: right, bins: [1, 2], ignore: ['3']}}",
            "'bins' of task 'left' is 1, 2, but none where the method was fitted",
        ),
        (None, "'column' of task 'left' is 'left', but 'right' where the method was fitted"),
    ],
)
def test_other_cells_are_refused(
    rules: str | None, message: str, private: Path, tmp_path: Path, mtlue: Callable[..., Outcome]
) -> None:
    given: tuple[object, ...] = ()
    if rules is not None:
        (tmp_path / "other.yaml").write_text(f"{{tasks: {rules}, others: false}}")
        given = ("--tasks", tmp_path / "other.yaml")
    refused = mtlue("apply", private, photos(tmp_path / "more"), "--out", tmp_path / "out2", *given)
    assert refused.status == 2
    said = " ".join(refused.err.split())
    assert message in said
    assert "give the tasks file that you gave to protect" in said
    assert not (tmp_path / "out2").exists()


def test_rules_of_other_columns_may_differ(private: Path, tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    more = photos(tmp_path / "more")
    (tmp_path / "same.yaml").write_text("{tasks: {left: {column: right, ignore: ['3']}, notes: {}}, others: false}")
    made = mtlue("apply", private, more, "--out", tmp_path / "out2", "--tasks", tmp_path / "same.yaml")
    assert made.status == 0, made.err
    released = {row["id"]: row["left"] for row in read_rows(next((tmp_path / "out2/release").rglob("metadata.csv")))}
    assert set(released.values()) == {"0", "1", "2", ""}


def test_a_releases_own_labels_are_in_columns_of_the_tasks_names(
    private: Path, tmp_path: Path, mtlue: Callable[..., Outcome]
) -> None:
    restored = mtlue("restore", private, private.parent / "release", "--out", tmp_path / "restored")
    assert restored.status == 0, restored.err
    made = mtlue("apply", private, tmp_path / "restored", "--out", tmp_path / "out2")
    assert made.status == 0, made.err
    before, after = (next(place.rglob("metadata.csv")) for place in (private.parent / "release", tmp_path / "out2"))
    labels = [[(row["id"], row["split"], row["left"]) for row in read_rows(table)] for table in (before, after)]
    assert labels[0] == labels[1]

    again = mtlue("apply", tmp_path / "out2/private", photos(tmp_path / "more"), "--out", tmp_path / "out3")
    assert "'column' of task 'left' is 'left', but 'right' where the method was fitted" in " ".join(again.err.split())
    same = ("--tasks", tmp_path / "fitted.yaml")
    fitted = mtlue("apply", tmp_path / "out2/private", tmp_path / "more", "--out", tmp_path / "out3", *same)
    assert fitted.status == 0, fitted.err
    refused = mtlue("apply", private, tmp_path / "restored", "--out", tmp_path / "out4", *same)
    assert "whose columns are called like the tasks: leave --tasks out" in " ".join(refused.err.split())


def test_numbers_that_stood_for_missing_ones_are_not_published(tmp_path: Path, mtlue: Callable[..., Outcome]) -> None:
    rows = [{"file_name": f"{n}.png", "age": "999" if n % 4 == 0 else f"{20 + n}"} for n in range(24)]
    for number, row in enumerate(rows):
        save_image(tmp_path / "people" / row["file_name"], seed=number)
    write_table(tmp_path / "people", rows)
    (tmp_path / "ages.yaml").write_text("tasks: {age: {kind: regression, ignore: ['999']}}")
    made = ("--method", "noise", "--self-check", "false", "--tasks", tmp_path / "ages.yaml")
    assert mtlue("protect", tmp_path / "people", "--out", tmp_path / "out", *made).status == 0
    refused = mtlue("apply", tmp_path / "out/private", tmp_path / "people", "--out", tmp_path / "out2")
    assert refused.status == 2
    assert "'ignore' of task 'age' is none, but '999' where the method was fitted" in " ".join(refused.err.split())

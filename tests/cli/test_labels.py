"""What cells and folder names mean as labels, as an owner meets it: a label is published as it was written."""

import csv
import json
import shutil
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from conftest import Outcome, read_rows, save_image
from mtlue.tasks import KINDS

Run = Callable[..., Outcome]
PLAIN = ("--method", "lsp-patch")
FOLDERS = (
    "00000",
    "00001",
    "1",
    "2",
    "102",
    "nan",
    "None",
    "cat;dog",
    "a|b",
    "[x]",
    "3E1",
    "1_007",
    "0x10",
    "-5",
    "1.0",
)
COLUMNS: dict[str, Sequence[str]] = {
    "zip": ["02100", "10115", "10117", "20095"],
    "long": [f"123456789012345{i:03d}" for i in range(40)],
    "beyond": [str(2**53 + 2 * i + 1) for i in range(40)],
    "trailing": [f"{i / 7:.2f}0" for i in range(40)],
    "narrow": [str(1_700_000_000 + i * i % 97) for i in range(40)],
    "tiny": [f"{i + 1}e-07" for i in range(40)],
    "bools": ["TRUE", "True", "true", "false"],
    "one": ["1", "1.0", "2", "2"],
    "forms": [unicodedata.normalize(form, "café") for form in ("NFC", "NFD")],
    "hidden": ["a", "a\u200b", "a\u00a0b", "a b"],
    "names": ["Smith; John", "Doe; Ann", "Roe; Jane", "Poe; Ed"],
    "vector": [f"[{i}.50, {i % 3}.0]" for i in range(40)],
    "signs": ["=1+1", "@x", 'say "hi"', "a,b"],
    "gaps": ["", "5e-1", "5e1", "5E0"],
}


def write_images(root: Path, names: Sequence[str]) -> None:
    for seed, name in enumerate(names):
        save_image(root / name, (16, 16), seed=seed)


def write_cells(root: Path, columns: Mapping[str, Sequence[str]], count: int = 40) -> None:
    files = [f"{i}.png" for i in range(count)]
    write_images(root, files)
    with (root / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["file", *columns])
        rows.writerows([file, *(cells[i % len(cells)] for cells in columns.values())] for i, file in enumerate(files))


def kinds(done: Outcome) -> dict[str, str]:
    """Task -> kind, as inspect and protect print them."""
    lines = [line.split() for line in done.out.splitlines()]
    return {words[0]: words[1] for words in lines if len(words) > 2 and words[1] in KINDS}


def test_every_cell_is_published_as_it_was_written(mtlue: Run, tmp_path: Path) -> None:
    write_cells(tmp_path / "photos", COLUMNS)
    done = mtlue("protect", *PLAIN, "--dataset", "table", "--data", tmp_path / "photos", "--out", tmp_path / "out")
    assert done.status == 0, done.err
    release = tmp_path / "out/release"
    written = {row["file"]: row for row in read_rows(tmp_path / "photos/labels.csv")}
    for row in read_rows(release / "metadata.csv"):
        assert {name: row[name] for name in COLUMNS} == {name: written[row["id"]][name] for name in COLUMNS}
    again = mtlue("inspect", "--dataset", "table", "--data", release, "--tasks", release / "tasks.yaml")
    assert again.status == 0, again.err
    numbers = {name for name in COLUMNS if kinds(again)[name] == "regression"}
    assert numbers == {"long", "beyond", "trailing", "narrow", "tiny", "vector"}


def test_a_folder_is_a_class_whatever_it_is_called(mtlue: Run, tmp_path: Path) -> None:
    names = [f"{folder}/{i}.png" for folder in FOLDERS for i in range(2)]
    write_images(tmp_path / "photos", names)
    place = ("--dataset", "imagefolder", "--data", tmp_path / "photos")
    done = mtlue("protect", *PLAIN, *place, "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert "regression" not in done.out
    assert {row["id"]: row["label"] for row in read_rows(tmp_path / "out/release/metadata.csv")} == {
        name: name.split("/")[0] for name in names
    }
    assert "the classes '00001', '1' and '1.0' look alike" in done.err


def test_many_folders_of_numbers_are_classes(mtlue: Run, tmp_path: Path) -> None:
    write_images(tmp_path / "photos", [f"{number}/x.png" for number in range(1, 103)])
    done = mtlue("inspect", "--dataset", "imagefolder", "--data", tmp_path / "photos")
    assert done.status == 0, done.err
    assert "categorical (102" in done.out
    assert "… 92 more …" in done.out


def test_whole_numbers_are_never_a_quantity_without_a_note(mtlue: Run, tmp_path: Path) -> None:
    columns = {
        "born": [str(1950 + i % 17) for i in range(40)],
        "person_id": [str(7 + 3 * (i % 20)) for i in range(40)],
        "age": [str(18 + i % 20) for i in range(40)],
        "price": [f"{i}.99" for i in range(40)],
    }
    write_cells(tmp_path, columns)
    place = ("--dataset", "table", "--data", tmp_path)
    done = mtlue("inspect", *place)
    assert "read as a quantity: 'born' (17 different), 'age' (20 different); where they are classes, say" in done.err
    assert "read as classes: 'person_id' (20 different); where they are a quantity, say" in done.err
    rules = tmp_path / "tasks.yaml"
    rules.write_text(
        "tasks:\n  born: {kind: categorical}\n  person_id: {kind: regression}\n  price: {kind: categorical}\n"
    )
    chosen = mtlue("inspect", *place, "--tasks", rules)
    assert [kinds(chosen)[name] for name in columns] == ["categorical", "regression", "regression", "categorical"]
    assert "'born'" not in chosen.err.split("fewer than")[0]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["007", "08"], "[007, 08]"),
        (["True", "False"], "[True, False]"),
        (["null", "x"], "[null, x]"),
        (["1.0", "2.0"], "[1.0, 2.0]"),
        (["yes", "no"], "[yes, no]"),
        (["2020-01-01", "2021-05-05"], "[2020-01-01, 2021-05-05]"),
        (["1_000", "0x10"], "[1_000, 0x10]"),
        (["1e3", "~"], "[1e3, ~]"),
    ],
)
def test_classes_in_a_tasks_file_are_the_text_that_stands_there(
    mtlue: Run, tmp_path: Path, cells: list[str], said: str
) -> None:
    write_cells(tmp_path, {"x": cells}, count=4)
    (tmp_path / "tasks.yaml").write_text(f"tasks: {{x: {{classes: {said}}}}}")
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--tasks", tmp_path / "tasks.yaml")
    assert done.status == 0, done.err
    assert ", ".join(cells) in done.out


def test_words_of_a_split_column_are_pointed_out(mtlue: Run, tmp_path: Path) -> None:
    words = ["Train", "train", "TEST", "val", "valid", "holdout", "Holdout", "train"]
    write_cells(tmp_path, {"split": words, "kind": ["a", "b", "c"]})
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert "'Train', 'train' are read as train" in done.err
    assert "'val' (5), 'valid' (5), 'holdout' (5), 'Holdout' (5): these images are released" in done.err
    assert "'holdout' and 'Holdout' look alike" in done.err
    assert "'val', 'valid' often mean one split" in done.err


def test_lists_of_numbers_are_a_quantity_of_several(mtlue: Run, tmp_path: Path) -> None:
    rows = [
        {"file": f"{i}.png", "box": [i, 2 * i, 100, 100], "tags": [["a", "b"], ["b"]][i % 2], "hot": [i % 2, 0, 1]}
        for i in range(40)
    ]
    write_images(tmp_path / "photos", [str(row["file"]) for row in rows])
    (tmp_path / "photos/labels.jsonl").write_text("\n".join(map(json.dumps, rows)))
    done = mtlue(*("protect", *PLAIN, "--dataset", "table", "--data", tmp_path / "photos"), "--out", tmp_path / "out")
    assert done.status == 0, done.err
    assert "column 'box' holds 4 numbers in every cell" in done.err
    assert "column 'hot' holds 3 numbers in every cell" in done.err
    release = tmp_path / "out/release"
    assert list(read_rows(release / "metadata.csv")[0])[3:] == ["box", "tags=a", "tags=b", "hot"]
    again = mtlue("inspect", "--dataset", "table", "--data", release, "--tasks", release / "tasks.yaml")
    assert "4 numbers, 0 to 39, 0 to 78, 100 to 101, 100 to 101" in " ".join(again.out.split())


def test_columns_that_count_the_rows_are_no_task(mtlue: Run, tmp_path: Path) -> None:
    count = [str(i) for i in range(40)]
    columns = {"Unnamed: 0": count, "index": count[::-1], "level_0": count[:20], "kind": ["a", "b"], "age": count[3:]}
    write_cells(tmp_path, columns)
    done = mtlue("inspect", "--dataset", "table", "--data", tmp_path)
    assert [name in done.out for name in ("Unnamed: 0", "index", "level_0", "age")] == [False, False, False, True]
    assert done.err.count("counts the rows: it is not protected") == 2
    assert "column 'Unnamed: 0' of labels.csv has no name of its own" in done.err


class TestEvaluate:
    @pytest.fixture
    def out(self, mtlue: Run, tmp_path: Path) -> Path:
        columns = {"age": [str(i % 37) for i in range(40)], "kind": ["a", "b", "c"]}
        write_cells(tmp_path / "photos", columns)
        self.write(tmp_path, "{group: {column: age, bins: [10, 20]}, age: {column: age, kind: regression}}")
        done = mtlue("protect", *PLAIN, *self.place(tmp_path), "--out", tmp_path / "out")
        assert done.status == 0, done.err
        return tmp_path / "out"

    @staticmethod
    def write(folder: Path, rules: str) -> None:
        (folder / "tasks.yaml").write_text(f"tasks: {rules}")

    @staticmethod
    def place(folder: Path) -> tuple[object, ...]:
        return ("--dataset", "table", "--data", folder / "photos", "--tasks", folder / "tasks.yaml")

    @pytest.mark.parametrize(
        ("rules", "why"),
        [
            ("{group: {column: age, bins: [10, 30]}}", "'classes' of task 'group' is"),
            ("{group: {column: age, kind: categorical}}", "task 'group' is categorical .0, 1, 2"),
            ("{age: {kind: categorical}, group: {column: age, bins: [10, 20]}}", "'kind' of task 'age' is categorical"),
            ("{kind: {classes: [c, b, a]}}", "'classes' of task 'kind' is"),
        ],
    )
    def test_refuses_tasks_that_mean_another_thing(
        self, mtlue: Run, out: Path, tmp_path: Path, rules: str, why: str
    ) -> None:
        self.write(tmp_path, rules)
        audit = ("evaluate", "--protected", out, "--out", tmp_path / "audit")
        done = mtlue(*audit, *self.place(tmp_path))
        assert done.status == 2
        assert why.replace(".0", "(0") in done.err
        assert "the tasks file" in done.err

    def test_refuses_to_leave_a_task_out_unasked(self, mtlue: Run, out: Path, tmp_path: Path) -> None:
        published = shutil.copytree(out / "release", tmp_path / "published")  # alone, it remembers nothing
        audit = ("evaluate", "--protected", published, "--out", tmp_path / "audit")
        done = mtlue(*audit, "--dataset", "table", "--data", tmp_path / "photos")
        assert "the release has a task 'group'" in done.err
        quick = ("--learner-epochs", 1, "--seeds", 1, "--settings", "mtl")
        chosen = mtlue(*audit, "--dataset", "table", "--data", tmp_path / "photos", "--tasks", "kind", *quick)
        assert chosen.status == 0, chosen.err


def test_the_column_of_ids_can_be_protected_under_another_name(mtlue: Run, tmp_path: Path) -> None:
    write_cells(tmp_path, {"id": [f"p{i}" for i in range(40)], "split": ["train", "train", "test"], "kind": ["a", "b"]})
    data = ("inspect", "--dataset", "table", "--data", tmp_path)
    for name in ("id", "split"):
        refused = mtlue(*data, "--tasks", name)
        assert refused.status == 2
        assert f"a task cannot be named '{name}'" in refused.err
        advice = refused.err.split("say '")[1].split("' below")[0]
        (tmp_path / "tasks.yaml").write_text(f"tasks:\n  {advice}\n")
        done = mtlue(*data, "--tasks", tmp_path / "tasks.yaml")
        assert done.status == 0, done.err
        assert kinds(done) == {f"{name}_label": "categorical", "kind": "categorical"}


def test_tags_and_texts_among_numbers_are_explained_by_inspect(mtlue: Run, tmp_path: Path) -> None:
    ages = [">100", "<5", "~7", *map(str, range(10, 47))]
    write_cells(tmp_path, {"age": ages, "share": [f"{i % 20} %" for i in range(40)], "kind": ["a", "b"]})
    data = ("inspect", "--dataset", "table", "--data", tmp_path)
    done = mtlue(*data)
    said = " ".join(done.err.split())
    assert "column 'share' holds texts such as '0 %', read as classes: if they are a quantity" in said
    (tmp_path / "tasks.yaml").write_text("tasks:\n  " + said.split("say '")[1].split("' below")[0] + "\n")
    assert 'ignore: [">100", "<5", "~7"]' in (tmp_path / "tasks.yaml").read_text()
    told = mtlue(*data, "--tasks", tmp_path / "tasks.yaml")
    assert told.status == 0, told.err
    assert kinds(told)["age"] == "regression"

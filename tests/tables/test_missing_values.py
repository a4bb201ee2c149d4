"""Cells without a value, and classes that other readers take for such or for something else."""

import io
from pathlib import Path

import pandas as pd
import pytest
import yaml
from people_tables import Mtlue, classes, images, read, rows, save, write

from mtlue.data.rows.elsewhere import note_on_other_readers
from mtlue.errors import spoken
from mtlue.tables.cells import READ_AS_MISSING
from mtlue.tables.reading import read_label_table
from mtlue.tasks import Categorical

MISSING: list[object] = [None, float("nan"), "", " ", "nan", "NaN"]
LABELS = ["NA", "None", "null", "N/A", "cat", "0"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".jsonl"])
def test_one_rule_for_missing_values(suffix: str, tmp_path: Path) -> None:
    values = [*MISSING, *LABELS]
    path = tmp_path / f"labels{suffix}"
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(len(values))], "kind": pd.Series(values, dtype=object)})
    save(frame, path)
    table = read_label_table(path)
    assert list(table.frame["kind"]) == [None] * len(MISSING) + LABELS
    assert any("nan counts as missing in 2 cells" in note for note in table.notes)


def test_words_that_others_read_as_missing_are_those_of_pandas() -> None:
    from pandas._libs.parsers import STR_NA_VALUES

    assert {"", *READ_AS_MISSING} == STR_NA_VALUES


@pytest.mark.parametrize(
    ("names", "noted"),
    [
        (["00000", "00001", "2"], ["00000", "00001"]),
        (["True", "False"], ["False", "True"]),
        (["+5", "3E1", "NA"], ["+5", "3E1", "NA"]),
        (["00000", "a"], []),
        (["True", "no"], []),
        (["1", "2", "-3"], []),
        (["0.5", "1.0"], []),
    ],
)
def test_classes_that_pandas_reads_as_something_else_are_pointed_out(names: list[str], noted: list[str]) -> None:
    notes = note_on_other_readers([Categorical("x", tuple(names)), Categorical("y", ("a", "b"))])
    assert len(notes) == bool(noted)
    for name in names:
        assert (f"'{name}' of task 'x'" in "".join(notes)) == (name in noted)
    said = "".join(map(spoken, notes))
    advised = [f"such as 'class {name}', or add format parquet" in said for name in noted]
    assert any(advised) == bool(noted)
    assert "dtype" not in said
    table = io.StringIO("".join(f"{name}\n" for name in ("x", *names)))
    returned = pd.read_csv(table)["x"].tolist()
    for name, value in zip(names, returned, strict=True):  # what is said is what happens
        assert name not in noted or value != name


def test_every_spelling_of_a_missing_value_is_in_the_rule_to_paste() -> None:
    tasks = [Categorical("a", ("NA", "n/a", "cat")), Categorical("b, c", ("NULL", "dog"))]
    said = spoken(note_on_other_readers(tasks)[0])
    rules = said[said.index("{tasks") : said.index(" into a file")]
    assert yaml.safe_load(rules) == {"tasks": {"a": {"ignore": ["NA", "n/a"]}, "b, c": {"ignore": ["NULL"]}}}


def test_folders_named_like_missing_values_come_back_from_a_release(tmp_path: Path, mtlue: Mtlue) -> None:
    for kind in ("nan", "NA", "None", "cat"):
        images(tmp_path / "data" / kind, count=4)
    out = tmp_path / "out"
    outcome = mtlue(
        *("protect", "--dataset", "imagefolder", "--data", tmp_path / "data", "--out", out, "--method", "lsp-patch")
    )
    assert outcome.status == 0, outcome.err
    assert "classes differently: 'NA' of task 'label', 'None' of task 'label', 'nan'" in " ".join(outcome.err.split())
    for dataset in ("table", "imagefolder"):
        collection = read(out / "release", dataset)
        assert classes(collection, "label") == ("NA", "None", "cat", "nan")
        assert int((collection.samples.labels["label"][:] == -1).sum()) == 0


def test_the_remedy_for_a_class_that_means_missing_works(tmp_path: Path, mtlue: Mtlue) -> None:
    images(tmp_path)
    write(tmp_path, rows().replace("cow", "NA"))
    err = mtlue("inspect", "--dataset", "table", "--data", tmp_path).err
    advice = " ".join(err.split()).split("write the line ")[1].split(" into a file")[0]
    (tmp_path / "tasks.yaml").write_text(advice)
    outcome = mtlue("inspect", "--dataset", "table", "--data", tmp_path, "--tasks", tmp_path / "tasks.yaml")
    assert outcome.status == 0
    assert "cat, dog" in outcome.out

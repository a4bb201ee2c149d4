"""What is wrong with a dataset: all of it at once, in the words of the loader, and before torch is imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from conftest import save_image, write_nyuv2, write_table
from mtlue import Categorical, InputError, Runtime
from mtlue.data.checking import check_dataset
from mtlue.data.loading import load
from mtlue.data.options import DataOptions
from mtlue.data.rows.reading import Found
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.faults import FaultsError
from mtlue.jobs.requests.auditor import EvaluateRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.methods.options import MethodChoice
from mtlue.methods.scope import Scope

WITHOUT_TORCH = """
import sys
from pathlib import Path
from mtlue.data.checking import check_dataset
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
try:
    check_dataset(DataOptions(*map(eval, sys.argv[1:])))
except InputError as error:
    print(error)
sys.exit("torch" in sys.modules)
"""


def write_faulty(root: Path) -> list[str]:
    """A table with a repeated id, a row without id, a label that is no class, an empty split and a lost image."""
    rows = []
    for i in range(8):
        save_image(root / f"{i}.png", seed=i)
        rows.append({"file": f"{i}.png", "id": f"n{i}", "kind": "ab"[i % 2], "split": "train", "size": i / 2})
    rows[3]["id"] = "n2"
    rows[4]["id"] = None
    rows[5]["kind"] = "c"
    rows[6]["split"] = None
    (root / "7.png").unlink()
    write_table(root, rows)
    tasks = root / "tasks.yaml"
    tasks.write_text("tasks: {kind: {classes: [a, b]}, colour: {kind: categorical}}")
    return [str(tasks)]


def test_all_faults_of_a_table_are_named_at_once(tmp_path: Path) -> None:
    options = DataOptions("table", tmp_path, tasks=write_faulty(tmp_path))
    with pytest.raises(FaultsError) as raised:
        check_dataset(options)
    faults = raised.value.faults
    assert [words for words in faults if "4.png has no id" in words]
    assert [words for words in faults if "id 'n2' appears 2 times (line 4 of labels.csv, line 5 of" in words]
    assert [words for words in faults if "6.png has no value in the split column 'split'" in words]
    assert [words for words in faults if "'colour' is not a column" in words]
    assert [words for words in faults if "label 'c' (line 7 of labels.csv) of task 'kind' is unknown" in words]
    assert [words for words in faults if "1 row has no usable image (line 9 of labels.csv (7.png)" in words]
    assert len(faults) == 6


def write_ragged(root: Path) -> None:
    """A header with a name twice, two ragged rows, an id twice, a misspelt split, an empty one and a lost image."""
    for i in range(7):
        save_image(root / f"{i}.png", seed=i)
    rows = ["0.png,a,train,x,1", "1.png,b", '2.png,c,trian,"x\ny",2', "3.png,c,test,y,3", "4.png,d,,x,4"]
    rows += ["5.png,e,test,y,5,6", "lost.png,f,test,x,7", "6.png,g,test,x,8"]
    (root / "labels.csv").write_text("\n".join(["file,id,split,n,n", *rows]))


def test_ragged_rows_and_a_repeated_name_hide_nothing_else(tmp_path: Path) -> None:
    write_ragged(tmp_path)
    with pytest.raises(FaultsError) as raised:
        check_dataset(DataOptions("table", tmp_path))
    lost, named, short, long, ids, empty, slip = raised.value.faults
    assert "2 columns are named 'n': rename one" in named
    assert "line 3 has 2 cells, the header 5" in short
    assert "line 8 has 6 cells, the header 5" in long
    assert "id 'c' appears 2 times (line 4 of labels.csv, line 6 of labels.csv)" in ids
    assert "4.png has no value in the split column" in empty
    assert "'trian' looks like 'train'" in slip
    assert "1 row has no usable image (line 9 of labels.csv (lost.png): " in lost


def test_a_table_without_a_usable_row_is_told_with_its_other_faults(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,n,n\n0.png,x\n1.png,x,y\n")
    with pytest.raises(FaultsError) as raised:
        check_dataset(DataOptions("table", tmp_path))
    named, short, unusable = raised.value.faults
    assert "2 columns are named 'n'" in named
    assert "line 2 has 2 cells" in short
    assert "no row of" in unusable
    (tmp_path / "labels.csv").write_text("file,n\n0.png\n")
    with pytest.raises(InputError, match=r"labels\.csv: line 2 has 1 cell, the header 2: correct the row, and leave"):
        check_dataset(DataOptions("table", tmp_path))


def test_a_faulty_split_table_is_told_with_faults_of_the_labels(tmp_path: Path) -> None:
    write_ragged(tmp_path)
    (tmp_path / "parts.csv").write_text("file,part\n0.png,train\n1.png\n3.png,tets\n")
    with pytest.raises(FaultsError) as raised:
        check_dataset(DataOptions("table", tmp_path, labels=Path("labels.csv"), split_table=Path("parts.csv")))
    faults = raised.value.faults
    assert [words for words in faults if "parts.csv: line 3 has 1 cell" in words]
    assert [words for words in faults if "'tets' looks like 'test'" in words]
    assert [words for words in faults if "id 'c' appears 2 times" in words]
    assert len(faults) == 7


def test_the_loader_says_the_same(tmp_path: Path) -> None:
    options = DataOptions("table", tmp_path, tasks=write_faulty(tmp_path))
    with pytest.raises(FaultsError) as checked:
        check_dataset(options)
    with pytest.raises(FaultsError) as loaded:
        load(options, Runtime("cpu"))
    assert str(loaded.value) == str(checked.value)


def test_lists_of_faults_are_cut_and_counted(tmp_path: Path) -> None:
    for i in range(40):
        save_image(tmp_path / f"{i:02}.png", (8, 8), seed=i)
    rows = [{"file": f"{i:02}.png", "kind": f"{i}", "split": ""} for i in range(40)]
    write_table(tmp_path, rows)
    (tmp_path / "tasks.yaml").write_text("tasks: {kind: {classes: [a, b]}}")
    with pytest.raises(FaultsError) as raised:
        check_dataset(DataOptions("table", tmp_path, tasks=[str(tmp_path / "tasks.yaml")]))
    split, labels = raised.value.faults
    assert "09.png and 30 more have no value" in split
    assert "'9' (line 11 of labels.csv) and 30 more of task 'kind' are unknown" in labels


def test_several_absent_columns_and_tables_are_named(folder: Path) -> None:
    with pytest.raises(FaultsError) as columns:
        check_dataset(DataOptions("table", folder, image_column="photo", id_column="key", split_column="part"))
    assert len(columns.value.faults) == 3
    with pytest.raises(FaultsError) as tables:
        check_dataset(DataOptions("table", folder, labels=Path("a.csv"), split_table=Path("b.csv")))
    assert len(tables.value.faults) == 2


def test_wrong_options_are_named_at_once() -> None:
    with pytest.raises(FaultsError) as raised:
        check_dataset(DataOptions("digits", limit_train=0, size=4, pattern="x", data_seed=-1, test_fraction=2))
    assert len(raised.value.faults) == 5


def test_tasks_that_exist_already_decide_what_labels_are(folder: Path) -> None:
    write_table(folder, [{"file": f"even/picture {i}.png", "kind": "a"} for i in range(0, 12, 2)])
    options = DataOptions("table", folder)
    check_dataset(options, ())
    check_dataset(options, [Categorical("kind", ("a", "b"))])
    with pytest.raises(InputError, match="label 'a' of task 'kind' is unknown"):
        check_dataset(options, [Categorical("kind", ("b", "c"))])
    with pytest.raises(InputError, match="has no column 'tone'"):
        check_dataset(options, [Categorical("tone", ("a", "b"))])


def test_columns_that_hold_no_task_are_refused(folder: Path) -> None:
    rows = [{"file": f"even/picture {i}.png", "kind": "a", "note": f"n{i}"} for i in range(0, 12, 2)]
    write_table(folder, rows)
    with pytest.raises(InputError, match=r"column 'kind' of .* has only 1 class"):
        check_dataset(DataOptions("table", folder, tasks=["kind"]))
    with pytest.raises(InputError, match="no column of labels"):
        check_dataset(DataOptions("table", folder))


def test_tasks_and_splits_are_known_from_the_tables_alone(folder: Path) -> None:
    rows = [{"file": f"even/picture {i}.png", "kind": "ab"[i % 4 // 2], "split": "train"} for i in range(0, 12, 2)]
    write_table(folder, [*rows[1:], {**rows[0], "split": "test"}])
    assert check_dataset(DataOptions("table", folder)) == Found(("kind",), ("test", "train"))
    assert check_dataset(DataOptions("digits")) is None
    method = MethodChoice("noise", scope=Scope(("knd",)))
    request = ProtectRequest(DataOptions("table", folder), folder.parent / "out", splits=("trian",), method=method)
    with pytest.raises(FaultsError, match=r"splits trian: name one or more of test, train.*did you mean 'kind'"):
        request.examine()


def test_unknown_single_tasks_are_refused_from_the_tables_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtlue.jobs.requests.auditor.require_release", lambda _: None)
    plan = EvaluationPlan(stl_tasks=("tine",))
    with pytest.raises(InputError, match="stl_tasks: unknown task 'tine': did you mean 'tone'"):
        EvaluateRequest(DataOptions("table", folder), folder, folder.parent / "out", plan).examine()


def test_label_maps_are_left_to_the_loader(tmp_path: Path) -> None:
    rows = []
    for i in range(4):
        save_image(tmp_path / f"{i}.png", seed=i)
        (tmp_path / f"{i}.mask.png").write_bytes(b"no image")
        rows.append({"file": f"{i}.png", "mask": f"{i}.mask.png"})
    write_table(tmp_path, rows)
    assert check_dataset(DataOptions("table", tmp_path)) == Found(("mask",), ("test", "train"))
    with pytest.raises(InputError, match="mask"):
        load(DataOptions("table", tmp_path), Runtime("cpu"))


def test_what_is_right_passes(folder: Path, tmp_path: Path) -> None:
    check_dataset(DataOptions("table", folder))
    check_dataset(DataOptions("digits"))
    check_dataset(DataOptions("nyuv2", write_nyuv2(tmp_path / "nyuv2")))
    check_dataset(DataOptions("filenames", folder, pattern=r"(?P<half>\w+)/.*"))


@pytest.mark.parametrize(
    ("dataset", "why"),
    [("table", "things are wrong"), ("celeba", "there is no list_attr_celeba.txt"), ("utkface", "is named as UTKFace")],
)
def test_torch_is_not_imported(dataset: str, why: str, tmp_path: Path) -> None:
    write_faulty(tmp_path)
    arguments = [f"'{dataset}'", f"Path('{tmp_path}')"]
    result = subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert why in result.stdout


@pytest.mark.parametrize("place", [None, "nowhere"])
def test_a_wrong_folder_is_refused(place: str | None, tmp_path: Path) -> None:
    for dataset in ("table", "celeba", "nyuv2"):
        with pytest.raises(InputError, match="needs data" if place is None else "not a folder"):
            check_dataset(DataOptions(dataset, None if place is None else tmp_path / place))

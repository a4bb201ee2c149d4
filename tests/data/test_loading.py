import json
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
import torch

from conftest import SHARED, read_data, save_image, write_table
from mtlue import Categorical, InputError, Runtime
from mtlue.data.loading import load
from mtlue.data.options import DataOptions

read = partial(read_data, "table")


def test_tasks_are_found_from_the_columns(folder: Path) -> None:
    collection = read(folder)
    assert collection.tasks == (Categorical("kind", ("cat", "cow", "dog")), Categorical("tone", ("dark", "light")))
    assert collection.samples.images.shape == (12, 3, 20, 24)
    assert collection.pipeline.size == (20, 24)
    by_id = dict(zip(collection.samples.ids, collection.samples.labels["tone"][:].tolist(), strict=True))
    assert by_id["odd/picture 3.png"] == 1


def test_numbers_sort_as_numbers(folder: Path) -> None:
    rows = pd.read_csv(folder / "labels.csv")
    rows["grade"] = [10, 9, 2, 1] * 3
    rows.to_csv(folder / "labels.csv", index=False)
    assert read(folder).tasks[2] == Categorical("grade", ("1", "2", "9", "10"))


@pytest.mark.parametrize("suffix", [".tsv", ".parquet", ".jsonl"])
def test_other_tables_read_as_csv_does(folder: Path, suffix: str) -> None:
    expected = read(folder)
    rows = pd.read_csv(folder / "labels.csv")
    (folder / "labels.csv").unlink()
    path = folder / f"labels{suffix}"
    if suffix == ".tsv":
        rows.to_csv(path, sep="\t", index=False)
    elif suffix == ".parquet":
        rows.to_parquet(path)
    else:
        rows.to_json(path, orient="records", lines=True)
    found = read(folder)
    assert found.tasks == expected.tasks
    assert torch.equal(found.samples.labels["kind"][:], expected.samples.labels["kind"][:])


def test_missing_labels_are_minus_one(folder: Path) -> None:
    rows = pd.read_csv(folder / "labels.csv")
    rows.loc[2, "kind"] = None
    rows.to_csv(folder / "labels.csv", index=False)
    assert read(folder).samples.labels["kind"][2] == -1


def test_splits_by_column_by_second_table_and_by_hash(folder: Path) -> None:
    rows = pd.read_csv(folder / "labels.csv")
    rows["split"] = ["train"] * 8 + ["Test"] * 3 + ["val"]
    rows.to_csv(folder / "labels.csv", index=False)
    assert sorted(set(read(folder).splits)) == ["test", "train", "val"]
    first, second = folder / "first.csv", folder / "second.csv"
    rows[:9].drop(columns="split").to_csv(first, index=False)
    rows[9:].drop(columns="split").to_csv(second, index=False)
    collection = read(folder, labels=first, test_labels=second)
    assert collection.splits == ["train"] * 9 + ["test"] * 3
    by_hash = read(folder, labels=first, test_fraction=0.5)
    alone = dict(zip(by_hash.samples.ids, by_hash.splits, strict=True))
    rows.drop(columns="split").to_csv(first, index=False)
    grown = read(folder, labels=first, test_fraction=0.5)
    assert all(split == alone[i] for i, split in zip(grown.samples.ids, grown.splits, strict=True) if i in alone)


def test_mixed_sizes_get_one_and_say_so(folder: Path) -> None:
    save_image(folder / "even/picture 0.png", (60, 30))
    collection = read(folder)
    assert collection.samples.images.shape[2:] == (20, 20)
    assert any("different sizes" in note for note in collection.notes)


def test_grey_folders_stay_grey(tmp_path: Path) -> None:
    for i in range(4):
        save_image(tmp_path / f"{i}.png", mode="L", seed=i)
    write_table(tmp_path, [{"image": f"{i}.png", "x": i % 2} for i in range(4)])
    assert read(tmp_path).samples.images.shape == (4, 1, 20, 24)
    assert read(tmp_path, channels=3).samples.images.shape == (4, 3, 20, 24)


def test_limits_choose_by_id_whatever_the_order(folder: Path) -> None:
    chosen = read(folder, limit_train=4, test_fraction=0).samples.ids
    rows = pd.read_csv(folder / "labels.csv").iloc[::-1]
    rows.to_csv(folder / "labels.csv", index=False)
    assert set(read(folder, limit_train=4, test_fraction=0).samples.ids) == set(chosen)


NAMES = ["25_0_2_20170116174525125.jpg.chip.jpg", "1_1_0_20170109150557335.jpg", "99_0_4_20170112213500903.JPG"]
ODD = [
    "61_1_20170109150557335.jpg.chip.jpg",
    "24_0_1_20170116220224657 .jpg.chip.jpg",
    "55_0_0_20170116232725357jpg.chip.jpg",
]


def test_utkface_reads_names_and_reports_odd_ones(tmp_path: Path) -> None:
    for i, name in enumerate(NAMES + ODD):
        save_image(tmp_path / f"part{i % 3 + 1}" / name, (20, 20))
    collection = load(DataOptions("utkface", tmp_path, size=16, crop=12), Runtime("cpu"))
    labels = {
        Path(identifier).name: [int(collection.samples.labels[task][i]) for task in ("age", "race", "gender")]
        for i, identifier in enumerate(collection.samples.ids)
    }
    assert labels == {NAMES[0]: [3, 2, 0], NAMES[1]: [0, 0, 1], NAMES[2]: [8, 4, 0]}
    assert {Path(skipped.name).name for skipped in collection.skipped} == set(ODD)


@pytest.mark.skipif(not (SHARED / "utkface").is_dir(), reason="needs the shared UTKFace sample")
def test_utkface_real_files() -> None:
    options = DataOptions("utkface", SHARED / "utkface", size=16, crop=12, limit_train=20, limit_test=10)
    collection = load(options, Runtime("cpu"))
    assert len(collection.skipped) == 5
    assert len(collection.split("train")) == 20
    assert len(collection.split("test")) == 10


def test_unknown_datasets_and_missing_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"unknown dataset 'nope'.* digits"):
        load(DataOptions("nope"), Runtime("cpu"))
    with pytest.raises(InputError, match="needs data"):
        load(DataOptions("table"), Runtime("cpu"))
    with pytest.raises(InputError, match="not a folder"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("dataset", "wanted"),
    [("digits", ["right"]), ("table", ["tone"])],
)
def test_some_of_the_tasks_by_name(folder: Path, dataset: str, wanted: list[str]) -> None:
    options = DataOptions(dataset, folder if dataset == "table" else None, tasks=wanted, limit_train=20, limit_test=5)
    assert [task.name for task in load(options, Runtime("cpu")).tasks] == wanted


def test_tasks_that_a_fixed_layout_does_not_have_are_named() -> None:
    with pytest.raises(InputError, match=r"no task 'middle' \(it has left, right\)"):
        load(DataOptions("digits", tasks=["middle"]), Runtime("cpu"))


def test_splits_that_nothing_can_be_done_with_are_pointed_out(folder: Path) -> None:
    rows = [{"file": f"even/picture {i}.png", "kind": "ab"[i // 2 % 2], "split": "test"} for i in (0, 2, 4, 6)]
    write_table(folder, rows)
    assert "there are no images for training (the splits are test)" in read(folder).notes


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"size": 100_000}, "too large"),
        ({"pattern": "x"}, "pattern goes with dataset filenames"),
    ],
)
def test_options_that_mean_nothing_are_refused(folder: Path, options: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        read(folder, **options)


def test_lists_in_cells_are_several_labels(folder: Path) -> None:
    (folder / "labels.csv").unlink()
    tags = [["oak", "ash"], ["oak"], [], None]
    rows = [f'{{"file": "even/picture {2 * i}.png", "tags": {json.dumps(its)}}}' for i, its in enumerate(tags)]
    (folder / "labels.jsonl").write_text("\n".join(rows))
    collection = read(folder)
    assert [task.name for task in collection.tasks] == ["tags=ash", "tags=oak"]
    assert collection.samples.labels["tags=oak"][:].tolist() == [1, 1, 0, -1]
    (folder / "labels.jsonl").write_text('{"file": "even/picture 0.png", "tags": {"a": 1}}')
    with pytest.raises(InputError, match=r"column 'tags' of .* holds objects"):
        read(folder)

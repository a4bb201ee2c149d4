"""A dataset that no longer has the labels of its release is refused: learners of others would prove nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from conftest import Outcome, save_image

Run = Callable[..., Outcome]
QUICK = ("--learner-epochs", 1, "--seeds", 1, "--settings", "mtl", "--compare", "clean")


def write_labels(photos: Path, table: pd.DataFrame) -> None:
    table.to_csv(photos / "labels.csv", index=False)


@pytest.fixture
def labels() -> pd.DataFrame:
    rows = range(30)
    return pd.DataFrame(
        {
            "file": [f"{i}.png" for i in rows],
            "kind": [("cat", "dog", "")[i % 3] for i in rows],
            "tags": ["|".join("abc"[: i % 4]) for i in rows],
            "weight": [f"{i}.50" for i in rows],
        },
        dtype=str,
    )


@pytest.fixture
def photos(tmp_path: Path, labels: pd.DataFrame) -> Path:
    for seed, file in enumerate(labels["file"]):
        save_image(tmp_path / "photos" / file, (16, 16), seed=seed)
    write_labels(tmp_path / "photos", labels)
    return tmp_path / "photos"


@pytest.fixture
def out(mtlue: Run, photos: Path, tmp_path: Path) -> Path:
    done = mtlue("protect", "--dataset", "table", "--data", photos, "--out", tmp_path / "out", "--method", "noise")
    assert done.status == 0, done.err
    return tmp_path / "out"


@pytest.fixture
def evaluate(mtlue: Run, photos: Path, out: Path, tmp_path: Path) -> Callable[..., Outcome]:
    place = ("--dataset", "table", "--data", photos, "--protected", out, "--out", tmp_path / "audit")
    return lambda *options: mtlue("evaluate", *place, *QUICK, *options)


def swapped(table: pd.DataFrame, column: str, first: int, second: int) -> pd.DataFrame:
    changed = table.copy()
    changed.loc[[first, second], column] = table.loc[[second, first], column].to_numpy()
    return changed


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize(
    ("column", "task", "here", "released"),
    [
        ("kind", "kind", "'dog'", "'cat'"),
        ("tags", "tags=a", "'yes'", "'' (missing)"),
        ("weight", "weight", "'4.5'", "'0.50'"),
    ],
)
def test_swapped_labels_are_refused(
    evaluate: Callable[..., Outcome],
    photos: Path,
    out: Path,
    labels: pd.DataFrame,
    private: bool,
    column: str,
    task: str,
    here: str,
    released: str,
) -> None:
    if not private:
        shutil.rmtree(out / "private")
    write_labels(photos, swapped(labels, column, 0, 4 if column != "tags" else 1))
    refused = evaluate()
    assert refused.status == 2
    assert f"image '0.png' has the label {here} for task '{task}'" in refused.err
    assert f"and {released} in the release" in refused.err


def test_another_ignore_is_refused(evaluate: Callable[..., Outcome], tmp_path: Path) -> None:
    rules = tmp_path / "tasks.yaml"
    rules.write_text("tasks: {weight: {kind: regression, ignore: ['7.50']}}")
    refused = evaluate("--tasks", rules)
    assert refused.status == 2
    assert "image '7.png' has the label '' (missing) for task 'weight'" in refused.err
    rules.write_text("tasks: {weight: {kind: regression, ignore: [unknown]}}")
    assert evaluate("--tasks", rules).status == 0


def test_the_same_labels_in_another_form_order_or_company_are_taken(
    evaluate: Callable[..., Outcome], photos: Path, labels: pd.DataFrame
) -> None:
    changed = labels.iloc[::-1].reset_index(drop=True)
    changed["weight"] = changed["weight"].str.removesuffix("0")
    more = pd.DataFrame({"file": ["new.png"], "kind": ["cow"], "tags": ["a"], "weight": ["99"]})
    save_image(photos / "new.png", (16, 16), seed=99)
    write_labels(photos, pd.concat([changed, more]))
    done = evaluate()
    assert done.status == 0, done.err

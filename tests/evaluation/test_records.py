"""Records on disk: those of today, and those of before, whose learner was spread over flat fields."""

import json
import math
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest

from mtlue.errors import InputError
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.records import Record, read_records, write_records
from mtlue.training import Recipe

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = [
    path for path in sorted((ROOT / "benchmarks/records").rglob("*.json"))
    if isinstance(rows := json.loads(path.read_text()), list) and "metrics" in rows[0]
]  # fmt: skip
TODAY = Record(
    dataset="digits", condition="protected", learner=Learner(tasks=("left",), seed=3), method="tap", epsilon=8.0,
    metrics={"left": {"accuracy": 0.9}}, trivial={"left": {"accuracy": math.nan}},
    directions={"left": {"accuracy": True}}, headline={"left": "accuracy"}, train_images=10, test_images=5, seconds=1.0,
)  # fmt: skip
MOVED = ("backbone", "setting", "seed", "recipe", "weighting", "countermeasure")


def flat(record: Record) -> dict[str, Any]:
    """A record as earlier versions wrote it."""
    row, learner = asdict(record), asdict(record.learner)
    del row["learner"]
    row["data"] = row.pop("condition")
    learner["backbone"] += " (pretrained)" * (record.learner.init == "timm")
    return {**row, **{name: learner[name] for name in MOVED}}


def test_the_learner_is_written_whole(tmp_path: Path) -> None:
    write_records(tmp_path / "results.json", [TODAY])
    (row,) = json.loads((tmp_path / "results.json").read_text())
    assert list(row["learner"]) == [item.name for item in fields(Learner)]
    assert repr(read_records(tmp_path / "results.json")) == repr([TODAY])


def test_who_is_taken_for_what_and_draws_are_written_in_short_lines(tmp_path: Path) -> None:
    record = replace(
        TODAY, attack="grey", classes={"left": ["a [1,", "b"]}, confusion={"left": [[3, 1], [0, 2]]},
        uncounted={"left": {"a": 3}}, replicates={"left": [0.5, math.nan, 1e-07]},
        trivial_replicates={"left": [0.5]}, unprotected=["left"],
    )  # fmt: skip
    write_records(tmp_path / "results.json", [record])
    text = (tmp_path / "results.json").read_text()
    assert "[0.5, null, 1e-07]" in text
    assert "[3, 1]" in text
    assert '"a [1,",\n' in text
    assert repr(read_records(tmp_path / "results.json")) == repr([record])


def test_recalls_are_shares_of_a_classs_own_images() -> None:
    classes, confusion = {"left": ["a", "b", "c"]}, {"left": [[3, 1, 0], [0, 2, 0], [0, 0, 0]]}
    recalls = replace(TODAY, classes=classes, confusion=confusion).recalls("left")
    assert recalls == pytest.approx({"a": 0.75, "b": 1.0, "c": math.nan}, nan_ok=True)
    assert TODAY.recalls("left") == {}


def test_records_of_before_have_nothing_of_it(tmp_path: Path) -> None:
    row = flat(replace(TODAY, trivial=TODAY.metrics))
    for name in ("attack", "classes", "confusion", "uncounted", "replicates", "trivial_replicates"):
        del row[name]
    (tmp_path / "results.json").write_text(json.dumps([row]))
    (record,) = read_records(tmp_path / "results.json")
    assert (record.attack, record.classes, record.confusion, record.replicates) == (None, {}, {}, {})


@pytest.mark.parametrize("init", ["random", "timm"])
@pytest.mark.parametrize("without", [(), ("countermeasure",), ("label", "unprotected")])
def test_records_of_before_are_read(tmp_path: Path, init: str, without: tuple[str, ...]) -> None:
    learner = replace(TODAY.learner, init=init, recipe=Recipe(epochs=3))
    record = replace(TODAY, learner=learner, trivial={"left": {"accuracy": 0.5}})
    row = {name: value for name, value in flat(record).items() if name not in without}
    (tmp_path / "results.json").write_text(json.dumps([row]))
    assert read_records(tmp_path / "results.json") == [record]


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_published_records_keep_everything(path: Path, tmp_path: Path) -> None:
    records = read_records(path)
    write_records(tmp_path / "again.json", records)
    again = json.loads((tmp_path / "again.json").read_text())
    for row, record, of_today in zip(json.loads(path.read_text()), records, again, strict=True):
        written = of_today if "learner" in row else json.loads(json.dumps(flat(record)))
        assert {name: written[name] for name in row} == row
        assert list(record.learner.tasks) == list(row["metrics"])


@pytest.mark.parametrize(
    "change", [{"data": "cloudy"}, {"backbone": 3}, {"seed": "x"}, {"metrics": 3}, {"extra": 1}, {"recipe": {"a": 1}}]
)
def test_anything_else_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "results.json").write_text(json.dumps([{**flat(replace(TODAY, trivial=TODAY.metrics)), **change}]))
    with pytest.raises(InputError, match="cannot be used"):
        read_records(tmp_path / "results.json")

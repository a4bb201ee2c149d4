"""Records are thinned without changing a table of the metrics that are kept."""

import json
import runpy
from pathlib import Path

THIN = runpy.run_path(str(Path(__file__).resolve().parents[1] / "benchmarks" / "thin_records.py"))
ROW = {
    "dataset": "faces",
    "seed": 3,
    "metrics": {"smile": {"accuracy": 0.9, "auc": 0.8, "f1": None}, "age": {"mae": 4.5}},
    "trivial": {"smile": {"accuracy": 0.5, "auc": 0.5, "f1": None}, "age": {"mae": 9.0}},
    "directions": {"smile": {"accuracy": True, "auc": True, "f1": True}, "age": {"mae": False}},
    "headline": {"smile": "accuracy", "age": "mae"},
    "curves": {"training loss": [0.5, 0.4, 0.3], "short": [1.0]},
}


def test_headline_metrics_named_ones_and_the_ends_of_curves_stay(tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    file.write_text(json.dumps([ROW, ROW]))
    assert THIN["main"]([str(file), "--metrics", "auc"]) == 0
    text = file.read_text()
    rows = json.loads(text)
    assert len(rows) == len(text.splitlines()) - 2 == 2
    smile = {"accuracy": 0.9, "auc": 0.8}
    assert rows[0]["metrics"] == {"smile": smile, "age": {"mae": 4.5}}
    assert rows[0]["directions"]["smile"] == {"accuracy": True, "auc": True}
    assert rows[0]["curves"] == {"training loss": [0.5, 0.3], "short": [1.0]}
    assert {name: rows[0][name] for name in ("dataset", "seed", "headline")} == {
        name: ROW[name] for name in ("dataset", "seed", "headline")
    }
    THIN["main"]([str(file), "--metrics", "auc"])
    assert file.read_text() == text


def test_draws_stay_unless_they_are_left_out(tmp_path: Path) -> None:
    file, drawn = tmp_path / "records.json", {**ROW, "replicates": {"smile": [0.5, 0.6]}, "trivial_replicates": {}}
    for options, replicates in ([], {"smile": [0.5, 0.6]}), (["--without-draws"], {}):
        file.write_text(json.dumps([drawn, ROW]))
        assert THIN["main"]([str(file), *options]) == 0
        with_draws, without = json.loads(file.read_text())
        assert with_draws["replicates"] == replicates
        assert "replicates" not in without

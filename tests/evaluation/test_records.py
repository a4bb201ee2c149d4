from pathlib import Path

import pytest

from mtlue.errors import InputError
from mtlue.evaluation.records import Record, read_records, write_records

RECORD = Record(
    dataset="d", data="clean", method=None, epsilon=None, backbone="tiny", weighting="ls", setting="mtl", seed=0,
    metrics={"left": {"accuracy": 0.9}}, trivial={"left": {"accuracy": 0.1}}, directions={"left": {"accuracy": True}},
    headline={"left": "accuracy"}, train_images=1, test_images=1, seconds=1.0, recipe={},
)  # fmt: skip


def test_records_survive_the_disk(tmp_path: Path) -> None:
    write_records(tmp_path / "results.json", [RECORD])
    assert read_records(tmp_path / "results.json") == [RECORD]
    (tmp_path / "results.json").write_text("[{}]")
    with pytest.raises(InputError, match="cannot be used"):
        read_records(tmp_path / "results.json")
    with pytest.raises(InputError, match="is missing"):
        read_records(tmp_path / "nowhere.json")

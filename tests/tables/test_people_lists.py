"""Several labels in a cell of a table, as programs and people write them."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from people_tables import COUNT, Mtlue, images, save, write

from conftest import Outcome


class TestLists:
    """Lists in one cell, as programs and people write them."""

    def outcome(self, mtlue: Mtlue, root: Path, cells: Sequence[str], *extra: object) -> Outcome:
        images(root)
        frame = pd.DataFrame({"file": [f"{i}.png" for i in range(COUNT)], "tags": [*cells] * (COUNT // len(cells))})
        save(frame, root / "labels.csv")
        done = mtlue("inspect", "--dataset", "table", "--data", root, *extra)
        assert done.status == 0, done.err
        return Outcome(done.status, done.out, " ".join(done.err.split()))

    @pytest.mark.parametrize(
        "cells",
        [
            ['["a","b"]', '["b"]', "[]"],
            ["['a', 'b']", "['b']", "['a']"],
            ["['a' 'b']", "['b']", "['a']"],
            ["['a', None, 'b']", "['b']", "['a']"],
            [r"['a', 'b', '\d']", "['b']", "['a']"],
        ],
    )
    def test_lists_of_programs_are_lists(self, cells: Sequence[str], tmp_path: Path, mtlue: Mtlue) -> None:
        done = self.outcome(mtlue, tmp_path, cells)
        assert "tags=a" in done.out
        assert "tags=b" in done.out
        assert ("empty parts of 4 lists count" in done.err) == ("None" in cells[0]) or "1 list" in done.err
        (tmp_path / "tasks.yaml").write_text("tasks: {tags: {kind: categorical}}")
        whole = self.outcome(mtlue, tmp_path, cells, "--tasks", tmp_path / "tasks.yaml")
        assert cells[1] in whole.out

    def test_numbers_of_labels(self, tmp_path: Path, mtlue: Mtlue) -> None:
        assert "tags=10" in self.outcome(mtlue, tmp_path, ["[0, 10]", "[10]", "[0]", "[]"]).out

    def test_labels_with_bars_are_never_cut(self, tmp_path: Path, mtlue: Mtlue) -> None:
        done = self.outcome(mtlue, tmp_path, ['["a|b","c"]', '["c"]'])
        assert "lists whose parts hold '|' ('a|b')" in done.err
        (tmp_path / "labels.csv").unlink()
        lines = [json.dumps({"file": f"{i}.png", "x": "ab"[i % 2], "tags": ["a|b", "c"]}) for i in range(COUNT)]
        write(tmp_path, "\n".join(lines), "labels.jsonl")
        err = " ".join(mtlue("inspect", "--dataset", "table", "--data", tmp_path).err.split())
        assert "column 'tags' of labels.jsonl holds lists whose parts hold '|'" in err

    @pytest.mark.parametrize(
        ("cells", "separator"),
        [
            (["a, b", "b", "a", "b, c", "c", "a, c"], ","),
            (["1, 2", "2", "1", "2, 3"], ","),
            (["#sun #sea", "#sun", "#sea"], " "),
        ],
    )
    def test_lists_of_people_are_pointed_out(
        self, cells: Sequence[str], separator: str, tmp_path: Path, mtlue: Mtlue
    ) -> None:
        done = self.outcome(mtlue, tmp_path, cells)
        advised = done.err.split("hold several labels, say '")[1].split("' below")[0]
        assert advised == f'tags: {{separator: "{separator}"}}'
        (tmp_path / "tasks.yaml").write_text(f"tasks: {{{advised}}}")
        assert f"tags={cells[1]}" in self.outcome(mtlue, tmp_path, cells, "--tasks", tmp_path / "tasks.yaml").out

"""protect as a user meets it; noise stands in for the method where learning does not matter."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from released_files import NOISE, Run, pixels, released

from _asserts import assert_same_bytes, files_of


def test_a_release_holds_what_it_promises(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, "--epsilon", 5, *NOISE)
    assert done.status == 0, done.err
    table = released(out)
    assert list(table.columns) == ["file_name", "id", "split", "kind", "tone"]
    assert len(table) == 12
    for name, file in zip(table["id"], table["file_name"], strict=True):
        clean, protected = pixels(folder / name), pixels(out / "release" / file)
        assert clean.shape == protected.shape
        assert 0 < np.abs(clean - protected).max() <= 5
    manifest = json.loads((out / "release/manifest.json").read_text())
    assert manifest["epsilon"] == 5
    assert manifest["method"] == "noise"
    assert sum(manifest["counts"].values()) == len(manifest["images"]) == 12
    assert "seed" not in json.dumps(manifest)
    assert (out / "private/generator.safetensors").exists()
    written = json.loads((out / "private/config.json").read_text())
    assert written["data"]["data"] == str(folder)
    assert (written["method"], written["precision"], written["config"]) == ("noise", "32-true", {})
    assert pd.read_csv(out / "private/ids.csv")["source"].tolist() == table["id"].tolist()


@pytest.mark.parametrize("seed", ["3", "5f" * 16])
def test_the_same_command_and_seed_give_the_same_bytes(mtlue: Run, folder: Path, tmp_path: Path, seed: str) -> None:
    for name in ("one", "two"):
        arguments = ("--dataset", "table", "--data", folder, "--out", tmp_path / name, "--method", "tap")
        quick = ("--epochs", 1, "--surrogate-epochs", 1, "--seed", seed)
        assert mtlue("protect", *arguments, *quick).status == 0
    assert_same_bytes(tmp_path / "one/release", tmp_path / "two/release")
    assert len(files_of(tmp_path / "one/release")) == 14


def test_a_release_is_a_dataset_again(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert mtlue("protect", "--dataset", "table", "--data", folder, "--out", first, *NOISE).status == 0
    again = mtlue("protect", "--dataset", "table", "--data", first / "release", "--out", second, *NOISE)
    assert again.status == 0, again.err
    left, right = released(first), released(second)
    assert left[["id", "split", "kind", "tone"]].equals(right[["id", "split", "kind", "tone"]])


def test_an_option_that_the_method_takes_no_notice_of_is_refused(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue(
        "protect", "--dataset", "digits", "--method", "lsp-patch", "--ablate", "labels", "--out", tmp_path / "o"
    )
    assert done.status == 2
    assert "method lsp-patch has no setting --ablate" in done.err
    assert not (tmp_path / "o").exists()

"""``--profile``: a table of every stage, and the same release."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from _asserts import assert_same_bytes
from conftest import Outcome
from mtlue.methods import METHODS
from mtlue.profiling import OTHER, STAGES

Run = Callable[..., Outcome]
QUICK = ("--epochs", 1, "--surrogate-epochs", 1)
OF_GENERATORS = {"augment", "generator forward", "generator backward", "surrogate forward", "surrogate backward"}
ALWAYS = {"decode", "export", "verify", "generator forward"}


def protect(mtlue: Run, folder: Path, out: Path, method: str, *flags: object) -> Outcome:
    quick = {"noise": (), "em": QUICK[:2], "tap-samplewise": QUICK[2:]}.get(method, QUICK)
    options = ("--method", method, *quick, "--device", "cpu", "--seed", 0, *flags)
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", out, *options)
    assert done.status == 0, done.err
    return done


def test_the_release_is_the_same_with_and_without(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    plain, profiled = tmp_path / "plain", tmp_path / "profiled"
    assert "surrogate backward" not in protect(mtlue, folder, plain, "sep").out
    protect(mtlue, folder, profiled, "sep", "--profile")
    assert_same_bytes(plain / "release", profiled / "release")
    weights = "private/generator.safetensors"
    assert (plain / weights).read_bytes() == (profiled / weights).read_bytes()


@pytest.mark.parametrize("method", ["noise", "em", "sep", "tap-samplewise"])
def test_every_stage_is_in_the_table_and_in_the_private_record(
    mtlue: Run, folder: Path, tmp_path: Path, method: str
) -> None:
    assert method in METHODS
    printed = protect(mtlue, folder, tmp_path / "out", method, "--profile").out
    rows = [line.split("  ")[0].strip() for line in printed.splitlines()]
    assert [row for row in rows if row in (*STAGES, OTHER, "total")] == [*STAGES, OTHER, "total"]
    seconds = json.loads((tmp_path / "out/private/training.json").read_text())["seconds"]["stages"]
    assert list(seconds) == [*STAGES, OTHER]
    used = {stage for stage, spent in seconds.items() if spent}
    assert used >= ALWAYS
    assert (used >= OF_GENERATORS | {"surrogate training", "optimiser"}) == (method in ("em", "sep"))


def test_apply_says_where_its_time_went(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    protect(mtlue, folder, tmp_path / "first", "noise")
    data = ("--dataset", "table", "--data", folder)
    done = mtlue("apply", tmp_path / "first/private", *data, "--out", tmp_path / "second", "--profile")
    assert done.status == 0, done.err
    assert all(stage in done.out for stage in STAGES)


def test_the_table_adds_up_to_the_time_of_the_command(folder: Path, tmp_path: Path) -> None:
    """From before the libraries are loaded; what is left is Python's own start and end."""
    command = [sys.executable, "-m", "mtlue", "protect", "--dataset", "table", "--data", str(folder)]
    began = time.perf_counter()
    done = subprocess.run(
        [*command, "--method", "noise", "--out", str(tmp_path / "out"), "--profile"],
        check=True,
        capture_output=True,
        text=True,
    )
    passed = time.perf_counter() - began
    (total,) = (float(line.split()[1]) for line in done.stdout.splitlines() if line.strip().startswith("total"))
    startup = json.loads((tmp_path / "out/private/training.json").read_text())["seconds"]["stages"]["start-up"]
    assert 0 < startup < total <= passed

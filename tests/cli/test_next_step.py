"""After a command, one line says what to do next; it goes to people, not into what other programs read."""

from pathlib import Path

import pytest
from released_files import NOISE, Run

from mtlue.evaluation import estimate


def test_each_step_names_the_next_one(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "out", ("--dataset", "table", "--data", folder)
    steps = {
        "mtlue protect": mtlue("inspect", *data),
        "mtlue audit": mtlue("protect", *data, "--out", out, *NOISE),
        "breaks": mtlue("verify", out, *data),
        "--data CLEAN proves it": mtlue("verify", out),
        "measured": mtlue("restore", out / "private", out / "release", "--out", tmp_path / "clean"),
    }
    for named, done in steps.items():
        lines = [line for line in done.err.splitlines() if line.startswith("next: ")]
        assert done.status == 0, done.err
        assert len(lines) == 1
        assert named in lines[0].replace("tries to break", "breaks")
        assert "next: " not in done.out
        assert "\x1b" not in done.out + done.err


def test_once_an_audit_of_this_release_has_ended_its_page_is_what_comes_next(
    mtlue: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until there is another release."""
    monkeypatch.setattr(estimate, "_SECONDS", 0.01)
    digits, out = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 20), tmp_path / "an out"
    quick = ("--learner-epochs", 1, "--settings", "mtl", "--more-seeds", 0, "--device", "cpu", "--only", "grey")

    def next_step() -> str:
        (line,) = [line for line in mtlue("verify", out, *digits[:2]).err.splitlines() if line.startswith("next: ")]
        return line

    mtlue("protect", *digits, "--out", out, *NOISE)
    assert "mtlue audit" in next_step()
    mtlue("audit", out, *quick)
    assert f"'{out / 'audit/audit.html'}'" in next_step()
    assert "mtlue audit" not in next_step()
    mtlue("protect", *digits, "--out", out, "--overwrite", *NOISE, "--epsilon", 4)
    assert "mtlue audit" in next_step()


def test_the_estimate_is_told_before_the_fit(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", "--preview", 1, *NOISE)
    lines = done.err.splitlines()
    (estimate,) = [number for number, line in enumerate(lines) if line.startswith("estimate: a few seconds; ")]
    assert "release: 12 images, " in lines[estimate + 1]
    (preview,) = [number for number, line in enumerate(lines) if line.startswith("preview: ")]
    assert estimate < preview
    assert "not the final perturbation" in lines[preview + 1]

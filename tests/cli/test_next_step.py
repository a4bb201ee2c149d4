"""After a command, one line says what to do next; it goes to people, not into what other programs read."""

from pathlib import Path

import pytest
from released_files import NOISE, Run
from rich.filesize import decimal

from mtlue.evaluation.learners import work


def test_each_step_names_the_next_one(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    out, data = tmp_path / "out", ("--dataset", "table", "--data", folder)
    few = "an audit could say nothing with"
    steps = {
        "mtlue protect": mtlue("inspect", *data),
        f"{few} ": mtlue("protect", *data, "--out", out, *NOISE),
        f"next: {few} ": mtlue("verify", out, *data),
        "to measure": mtlue("restore", out / "private", out / "release", "--out", tmp_path / "clean"),
        "mtlue inspect ": mtlue("restore", out / "private", out / "release", "--out", tmp_path / "same", *data),
        "--data CLEAN proves it": mtlue("verify", out / "release"),
    }
    for named, done in steps.items():
        lines = [line for line in done.err.splitlines() if line.startswith("next: ")]
        assert done.status == 0, done.err
        assert len(lines) == 1
        assert named in lines[0]
        assert "next: " not in done.out
        assert "\x1b" not in done.out + done.err


def test_once_an_audit_of_this_release_has_ended_its_page_is_what_comes_next(
    mtlue: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until there is another release."""
    monkeypatch.setattr(work, "_SECONDS", 0.01)
    digits, out = ("--dataset", "digits", "--limit-train", 40, "--limit-test", 20), tmp_path / "an out"
    quick = ("--learner-epochs", 1, "--settings", "mtl", "--more-seeds", 0, "--device", "cpu", "--only", "grey")

    def next_step() -> str:
        (line,) = [line for line in mtlue("verify", out, *digits[:2]).err.splitlines() if line.startswith("next: ")]
        return line

    assert "mtlue audit" not in mtlue("protect", *digits, "--out", out, *NOISE).err  # 20 test images of ten digits
    assert "an audit could say nothing with 20 test images" in next_step()
    mtlue("audit", out, *quick)
    assert f"'{out / 'audit/audit.html'}'" in next_step()
    assert "mtlue audit" not in next_step()
    mtlue("protect", *digits, "--out", out, "--overwrite", *NOISE, "--epsilon", 4)
    assert "an audit could say nothing with 20 test images" in next_step()


def test_an_audit_that_can_judge_is_what_comes_next(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue("protect", "--dataset", "digits", "--limit-train", 40, "--limit-test", 300, "--out", tmp_path, *NOISE)
    assert "test images: an audit" not in done.err
    assert "let mtlue audit measure it" in done.err
    audit = f"next: mtlue audit {tmp_path} --budget 20m tries to break it, before you publish it"
    assert audit in done.err
    assert audit in mtlue("verify", tmp_path).err


def test_the_estimate_is_told_before_the_fit(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", "--preview", 1, *NOISE)
    lines = done.err.splitlines()
    (read,) = [number for number, line in enumerate(lines) if line.startswith("2 tasks; 12 images (")]
    (estimate,) = [
        number for number, line in enumerate(lines) if line.startswith("estimate: a few seconds from here on; ")
    ]
    assert read < estimate
    originals = sum(image.stat().st_size for image in folder.rglob("*.png"))
    assert "release: 12 images, about " in lines[estimate + 1]
    assert lines[estimate + 1].endswith(f"; the originals: {decimal(originals)}")
    (preview,) = [number for number, line in enumerate(lines) if line.startswith("preview: ")]
    assert estimate < preview
    assert "not the final perturbation" in lines[preview + 1]
    picture = tmp_path / "out/private/preview.png"
    assert picture.is_file()
    assert any(line.endswith(str(picture)) for line in lines[preview + 2 :])


def test_the_estimate_says_what_the_originals_take_up_and_their_size(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    done = mtlue("protect", folder, "--size", 16, "--out", tmp_path / "out", *NOISE)
    (line,) = [line for line in done.err.splitlines() if line.strip().startswith("release: ")]
    assert "release: 12 images of 16x16 pixels, about " in line
    assert "; the originals of 24x20 pixels: " in line


def test_what_a_lossy_format_costs_is_told_before_the_fit(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    jpeg = ("--format", "jpeg", "--quality", 80)
    done = mtlue("protect", "--dataset", "table", "--data", folder, "--out", tmp_path / "out", *jpeg, *NOISE)
    lines = done.err.splitlines()
    (estimate,) = [number for number, line in enumerate(lines) if line.startswith("estimate: ")]
    assert " as jpeg of quality 80, " in lines[estimate + 1]
    assert " as png; the originals: " in lines[estimate + 1]
    assert "of the perturbation would survive in the files" in lines[estimate + 2]
    assert "levels, perhaps more, instead of 8 (an estimate from 12 images of yours" in lines[estimate + 2]


def test_apply_advises_what_protect_does_before_anything_is_published(mtlue: Run, folder: Path, tmp_path: Path) -> None:
    data, out, more = ("--dataset", "table", "--data", folder), tmp_path / "out", tmp_path / "more"
    assert mtlue("protect", *data, "--out", out, *NOISE).status == 0
    done = mtlue("apply", out / "private", *data, "--out", more)
    (line,) = [line for line in done.err.splitlines() if line.startswith("next: ")]
    proved = "proves that every file is as it was written and every pixel within epsilon (8 levels)"
    assert line == f"next: mtlue verify {more} {proved}, before you publish it"
    lossy = mtlue("apply", out / "private", *data, "--out", tmp_path / "lossy", "--format", "jpeg", "--quality", 90)
    assert "every pixel within the manifest's bound, before you publish it" in lossy.err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder in which the system makes nothing")
def test_a_place_where_the_system_makes_nothing_is_named(mtlue: Run, tmp_path: Path) -> None:
    done = mtlue("protect", "--dataset", "digits", "--out", "/proc/x/y", *NOISE)
    assert done.status == 2
    assert "cannot write /proc/x: " in done.err
    assert "No such file" not in done.err

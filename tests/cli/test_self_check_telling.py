"""What ``protect`` prints of its own check."""

from collections.abc import Callable
from pathlib import Path

import pytest

from _checked import CLEAN, TRIVIAL, found, make_quick, record
from conftest import Outcome
from mtlue.cli.telling.self_check import tell
from mtlue.jobs.checked import SelfCheck, Verdict
from mtlue.jobs.events import FewTested, FitRepeated, SelfChecked, SelfCheckStarted

HELD = found(age=0.1, race=0.05)
LEFT = found(age=0.1, race=0.6, gender=0.3)
PARTLY = SelfCheck.of(
    [record("clean", {"age": CLEAN, "tone": TRIVIAL}), record("protected", {"age": 0.2, "tone": 0.1})]
)


def told(verdict: Verdict, capsys: pytest.CaptureFixture[str]) -> list[str]:
    tell(SelfChecked(verdict))
    shown = capsys.readouterr()
    assert not shown.err
    return shown.out.splitlines()


def test_a_release_that_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(Verdict({1: HELD}, 1, 2, 0.25), capsys) == [
        "self-check: least protected task: 'age', recovery 0.100 (95 % interval 0.10 to 0.10; 100 test images; 1 "
        "seed); no task is found to be left learnable",
    ]


def test_a_task_whose_interval_reaches_above_the_limit_is_in_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(Verdict({1: found(0.4, age=0.02)}, 1, 2, 0.25), capsys)
    assert line.startswith("self-check: least protected task: 'age', recovery 0.020 (95 % interval 0.00 to 0.49; ")
    assert line.endswith("no task is found to be left learnable, but 'age' may be: its interval reaches above 0.25")
    (line,) = told(Verdict({1: found(0.4, age=0.02, race=0.01)}, 1, 2, 0.25), capsys)
    assert line.endswith("'age', 'race' may be: their intervals reach above 0.25")


def test_a_release_that_leaves_tasks_learnable(capsys: pytest.CaptureFixture[str]) -> None:
    first, done, then = told(Verdict({1: found(age=0.9), 2: LEFT}, 2, 2, 0.25), capsys)
    assert first == (
        "self-check: least protected task: 'race', recovery 0.600 (95 % interval 0.60 to 0.60; 100 test images; 1 "
        "seed): LEFT LEARNABLE (above 0.25), and so is 'gender'"
    )
    each = "fit 1 0.900 [0.90, 0.90], fit 2 0.600 [0.60, 0.60]"
    assert done == f"  done: fitted 2 times (highest recovery: {each}); fit 2 is released"
    assert then.startswith("  next: before you publish, fit longer")


def test_clean_images_beside_protected_ones_are_no_fits_fault(capsys: pytest.CaptureFixture[str]) -> None:
    *_, then = told(Verdict({1: LEFT}, 1, 1, 0.25, fraction=0.5), capsys)
    assert then == (
        "  next: --fraction 0.5 leaves the other images clean, and they teach it whatever the fit: protect more of them"
    )


def test_what_is_not_known_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(Verdict({1: PARTLY}, 1, 2, 0.25), capsys)[0].endswith(
        "no task is found to be left learnable; nothing is known of 'tone', not learned from clean images either"
    )
    assert told(Verdict({1: SelfCheck(why_not="14 images are too few")}, 1, 2, 0.25), capsys) == [
        "self-check: this release could not be checked: 14 images are too few",
    ]


@pytest.mark.parametrize("check", [HELD, LEFT, SelfCheck(why_not="14 images are too few")])
def test_no_audit_is_advised_that_could_say_nothing(check: SelfCheck, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict({1: check}, 1, 2, 0.25)
    tell(SelfChecked(verdict, FewTested(11, ("age", "race"), 2, 20)))
    then = capsys.readouterr().out.splitlines()[-1]
    assert "an audit could say nothing with 11 test images; what would help: more photos" in then
    assert "--test-fraction" in then
    assert "mtlue audit" not in then
    tell(SelfChecked(verdict, FewTested(11, ("age",), 2, 20)))  # it can judge the other one
    assert "could say nothing" not in capsys.readouterr().out


def test_many_tasks_are_not_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    many = found(**{f"t{i}": 0.9 - i / 100 for i in range(40)})
    assert told(Verdict({1: many}, 1, 1, 0.25), capsys)[0].endswith(
        "and so are 't1', 't2', 't3', 't4', 't5' and 34 more"
    )


def test_an_interval_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "recovery 0.900 (95 % interval " in told(Verdict({1: found(0.2, age=0.9)}, 1, 1, 0.25), capsys)[0]


def test_the_command_checks_by_a_yaml_file_too(
    mtlue: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_quick(monkeypatch)
    (tmp_path / "mine.yaml").write_text("check_limit: 1\nattempts: 3\nmethod: lsp-patch\n")
    digits = ("--dataset", "digits", "--limit-train", 60, "--limit-test", 20, "--config", tmp_path / "mine.yaml")
    done = mtlue("protect", *digits, "--out", tmp_path / "out")
    assert (done.status, done.err.count("small learner")) == (0, 1)
    lines = done.out.splitlines()
    assert lines[-2].startswith("self-check: ")
    assert lines[-1].startswith("  next: ")
    silent = mtlue("protect", *digits, "--attempts", 1, "--self-check", "false", "--out", tmp_path / "silent")
    assert (silent.status, "self-check" in silent.out + silent.err) == (0, False)
    refused = mtlue("protect", *digits, "--self-check", "false", "--out", tmp_path / "refused")
    assert refused.status == 2
    assert "--attempts 3: without --self-check nothing says which fit is best" in refused.err


def test_what_is_about_to_be_done(capsys: pytest.CaptureFixture[str]) -> None:
    tell(SelfCheckStarted(2, 3000, 500, 61))
    tell(SelfCheckStarted(1, 3000, 500, 31))
    tell(FitRepeated(LEFT, 2, 3))
    first, second, repeated = capsys.readouterr().err.splitlines()
    assert first == (
        "self-check: two small learners train on 3000 images, tested on 500 clean ones: about 61 s "
        "(--self-check false leaves it out)"
    )
    assert "a small learner trains on 3000 images" in second
    assert repeated == (
        "self-check: a task is left learnable, 'race', recovery 0.600 (95 % interval 0.60 to 0.60; 100 test images; 1 "
        "seed): fitting again with another secret (2 of 3 at most)"
    )

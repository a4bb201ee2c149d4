"""``mtlue audit``: what it prints, its exit status, and mistakes that are answered before torch is imported."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome
from light import Light
from mtlue.cli.commands.audit import why_unknown
from mtlue.cli.telling.audit import tell
from mtlue.cli.terminal.console import Console
from mtlue.errors import spoken
from mtlue.evaluation.attacks import ATTACKS
from mtlue.evaluation.attacks.tiers import TIERS
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.learners import work
from mtlue.evaluation.recoveries.coverage import NO_TIME
from mtlue.evaluation.recoveries.verdict import UNDEFINED, Step
from mtlue.jobs.audits.events import AuditPlanned, PlannedAttack

Run = Callable[..., Outcome]
QUICK = ("--learner-epochs", 1, "--settings", "mtl", "--more-seeds", 0, "--device", "cpu", "--only", "jpeg10", "grey")


@pytest.fixture(autouse=True)
def _timed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_SECONDS", 0.01)


@pytest.fixture
def out(mtlue: Run, tmp_path: Path) -> Path:
    """A release of few digits."""
    limits = ("--limit-train", 40, "--limit-test", 40)
    made = mtlue(
        "protect", "--dataset", "digits", *limits, "--method", "lsp-patch", "--seed", 0, "--out", tmp_path / "p"
    )
    assert made.status == 0, made.err
    return tmp_path / "p"


def test_the_plan_the_table_and_the_verdict_are_printed(mtlue: Run, out: Path) -> None:
    shown = mtlue("audit", out, *QUICK)
    assert shown.status == 0, shown.err
    assert "about " in shown.out
    assert "[7 of 7 learners" in shown.err
    lines = shown.out.splitlines()
    assert any(line.startswith("3 of ") and "attacks tried" in line for line in lines)
    assert not any("recovery" in line and "seeds" in line for line in lines)  # no heading where there is no row
    assert "No recovery of 'left' (MTL), 'right' (MTL) by any attack" in shown.out
    assert "nothing is known of this release yet" in shown.err
    assert "more than was allowed" not in shown.out
    for beginning in ("not tried (not asked for): ", "Without effort: ", "With compute: not tried (not asked for)"):
        assert any(line.startswith(beginning) for line in lines), beginning
    assert str(out / "audit/audit.json") in shown.out
    page = (out / "audit/audit.html").read_text()
    assert "grey" in page
    assert "no clean image is part of this page" in page
    again = mtlue("audit", out, *QUICK, "--show-clean")
    assert "Do not publish it" in (out / "audit/audit.html").read_text()
    assert "training learners" not in again.err
    assert again.out.splitlines()[-4:] == lines[-4:]


def test_plain_learners_alone_are_said_to_be_trained_where_test_images_are_too_few(mtlue: Run, out: Path) -> None:
    shown = mtlue("audit", out, *QUICK[:-3])  # without --only
    assert shown.status == 0, shown.err
    assert "--only, --tier or --budget tries attacks all the same" in " ".join(shown.err.split())
    assert "none" in shown.err
    assert "1 of " in shown.out
    page = (out / "audit/audit.html").read_text()
    assert "attacks not tried: too few test images for anything to be known. What would help: more images" in page
    assert "too few test images for anything to be known" in (out / "audit/audit.json").read_text()
    failed = mtlue("audit", out, *QUICK[:-3], "--fail-above", 0.5)
    assert failed.status == 1
    told = "so the check fails: not tried (too few test images for anything to be known); mend that, or ask with --tier"
    assert told in " ".join(failed.out.split())
    assert "more time" not in failed.out


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            Step("With compute", None, False, NO_TIME),
            "not tried (no time left in the budget); give more time (budget), or ask with tier for what can be tried",
        ),
        (
            Step("With compute", None, False, "the attacker has no clean images"),
            "not tried (the attacker has no clean images); mend that, or ask with tier for what can be tried",
        ),
        (
            Step("With compute", None, False),
            "not tried, as the page says; mend that, or ask with tier for what can be tried",
        ),
        (Step("With compute", None, True), UNDEFINED),
    ],
)
def test_a_check_that_saw_nothing_says_why(step: Step, said: str) -> None:
    assert spoken(why_unknown(step)) == said


def test_a_limit_decides_the_exit_status(mtlue: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mtlue("audit", out, *QUICK, "--fail-above", 1e9).status == 2
    monkeypatch.setattr("mtlue.evaluation.recoveries.verdict.Step.value", 0.7)
    assert mtlue("audit", out, *QUICK, "--fail-above", 0.7).status == 0
    failed = mtlue("audit", out, *QUICK, "--fail-above", 0.6)
    assert failed.status == 1
    assert "more than 0.6 comes back without effort: 0.700" in failed.out
    monkeypatch.setattr("mtlue.evaluation.recoveries.verdict.Step.value", 0.50004)
    assert "comes back without effort: 0.50004" in mtlue("audit", out, *QUICK, "--fail-above", 0.5).out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "nowhere does not exist: give the folder that protect"),
        (("p", "--only", "jpg10"), "--only: unknown attack 'jpg10': did you mean 'jpeg10'"),
        (("p", "--budget", "soon"), "--budget soon: give a time above 0 with its unit"),
        (("p", "--tier", "much"), "--tier cannot be much"),
        (("alone",), "--data (and --dataset)"),
        (("p/release", "--dataset", "digits"), "a release alone"),
        (("p", "--dataset", "utkface", "--data", "gone"), "--data gone is not a folder"),
        (("p", "--data", "p"), "--data p: dataset 'digits' comes with the package"),
    ],
)
def test_mistakes_are_answered_before_torch_is_imported(
    light: Light, out: Path, arguments: tuple[str, ...], message: str
) -> None:
    shutil.copytree(out / "release", out.parent / "alone/release")
    refused = light(out.parent, "audit", *arguments)
    assert refused.returncode == 2
    assert message in refused.stderr
    assert refused.stdout == "heavy:\n"


@pytest.mark.parametrize(
    ("command", "option", "called", "besides"),
    [("audit", "only", "attack", len(TIERS)), ("evaluate", "countermeasures", "countermeasure", 0)],
)
def test_a_misspelt_name_is_told_how_many_names_help_lists(
    mtlue: Run, tmp_path: Path, command: str, option: str, called: str, besides: int
) -> None:
    refused = mtlue(command, tmp_path, f"--{option}", "jpg10").err
    counted = re.search(rf"unknown {called} 'jpg10'.* mtlue {command} --help lists all (\d+) {called}s", refused)
    shown = " ".join(mtlue(command, "--help").out.split())
    listed = re.search(rf"Values of --{option}: (.*?)\.( |$)", shown)
    assert counted, refused
    assert listed
    assert int(counted[1]) == len(listed[1].split(", ")) - besides
    assert len(AuditPlan().known) == len(ATTACKS)  # what an audit counts its attacks by


@pytest.mark.parametrize(("budget", "said"), [(10.0, True), (20.0, False), (None, False)])
def test_a_budget_that_the_plain_learners_exceed_is_said_to_be_too_small(
    budget: float | None, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.cli.telling.audit.out", Console(width=140))
    tell(AuditPlanned((PlannedAttack("none", "nothing", 2, 0, 15.0),), (), 1, budget))
    assert ("more than was allowed: plain learners" in capsys.readouterr().out) is said


@pytest.mark.parametrize(("single", "epochs"), [(True, 10), (False, 10), (True, 5), (False, 1)])
def test_of_a_budget_that_is_too_small_it_says_what_has_not_been_given_up_yet(
    single: bool, epochs: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.cli.telling.audit.out", Console(width=240))
    attacks = (PlannedAttack("none", "nothing", 2, 0, 15.0),)
    tell(AuditPlanned(attacks, (), 1, 10.0, single=single, epochs=epochs))
    said = capsys.readouterr().out
    assert "as all is compared with them" in said
    assert ("--settings mtl takes fewer" in said) is single
    assert ("--learner-epochs 5 takes shorter" in said) is (epochs > 5)

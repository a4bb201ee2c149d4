"""The page of an audit: whole, self-contained, the worst first, and true to names with tags in them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from paper import A4, needs_chromium, printed
from table_records import record

from mtlue.cli.telling.audit import print_report
from mtlue.errors import InputError
from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audits.concessions import Concession
from mtlue.evaluation.audits.records import AuditCost, AuditReport, KnownAttack, NotRun
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.verdict import NOT_ASKED
from mtlue.report.audits.control import control_text
from mtlue.report.audits.page import MOST_COLUMNS, AuditPage, write_audit_page
from mtlue.report.audits.rows import PageRows, matrix_columns
from mtlue.report.audits.texts import cost_text, interval_text, own_text, value_text


def attacked(attack: str, left: float, right: float, own: float | None = None, **others: Any) -> list[Record]:
    """A clean and a protected learner of one attack, what the protected one scores, and one of their own images."""
    scores = {"clean": {"left": 0.9, "right": 0.9}, "tap": {"left": left, "right": right}}
    countermeasure = {"grey-jpeg10": "grey+jpeg10"}.get(attack, attack)
    described = {"attack": attack, "countermeasure": countermeasure, **others}
    made = [record(kind, 0, each, **described) for kind, each in scores.items()]
    alone = [] if own is None else [replace(made[0], condition="own", metrics={"left": {"accuracy": own}}, **LEFT)]
    return made + alone


LEFT: dict[str, Any] = {
    "trivial": {"left": {"accuracy": 0.1}},
    "directions": {"left": {"accuracy": True}},
    "headline": {"left": "accuracy"},
}
RECORDS = [*attacked("none", 0.1, 0.3), *attacked("jpeg10", 0.5, 0.7), *attacked("grey", 0.05, 0.02)]


def report(records: Sequence[Record], **changes: Any) -> AuditReport:
    """An audit's report; attacks are those of the registry."""
    names = dict.fromkeys(str(one.attack) for one in records)
    values: dict[str, Any] = {
        "dataset": "d", "method": "tap", "epsilon": 8.0, "records": list(records), "not_run": [],
        "attacks": [KnownAttack.of(find_attack(name)) for name in names], "cost": AuditCost(600.0, 720.0, 2, 1800.0),
    }  # fmt: skip
    return AuditReport(**{**values, **changes})


def written(path: Path, shown: AuditReport, **others: Any) -> str:
    write_audit_page(path, AuditPage(shown, **others))
    return path.read_text(encoding="utf-8")


def titles(page: str) -> list[str]:
    return re.findall(r"<tr><td><b>(.*?)</b>", page)


def widths(page: str) -> list[str]:
    return re.findall(r'class="fill.*?" width="(.*?)"', page)


def test_where_nothing_is_known_the_page_says_what_may_help(tmp_path: Path) -> None:
    untaught = [replace(one, metrics={"left": {"accuracy": 0.1}}, **LEFT) for one in RECORDS]
    given_up = Concession(1, share=0.25, epochs=11, asked_epochs=43, whole=7200.0)
    page = " ".join(written(tmp_path / "a.html", report(untaught, concession=given_up)).split())
    assert "Nothing is known of this release yet, good or bad" in page
    assert "What may help: a budget of about 2.0 h, in which nothing is given up; learners that train longer" in page
    assert "good or bad" not in written(tmp_path / "b.html", report(RECORDS))


def test_the_attack_that_gets_back_most_comes_first(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", report(RECORDS))
    assert titles(page) == ["JPEG of quality 10", "trains on the images as they are", "greyscale"]
    assert widths(page) == ["75.0%", "25.0%", "0.0%"]
    assert "worse than trivial (-0.06)" in page
    assert "<p><b>Without effort:</b> 75 % of what clean images teach of &#39;right&#39; comes back, by jpeg10" in page


def test_an_interval_below_zero_ends_at_zero_wherever_it_is_shown(tmp_path: Path) -> None:
    draws = {task: [0.3 + 0.4 * (number - 49.5) / 49.5 for number in range(100)] for task in ("left", "right")}
    records = [
        replace(one, replicates=draws if one.condition == "protected" else {task: [0.9] * 100 for task in draws})
        for one in attacked("grey", 0.3, 0.3)
    ]
    shown = report(records)
    assert shown.recoveries[0].low < 0
    page = written(tmp_path / "audit.html", shown)
    assert "95 % interval 0 to 72 %; " in page
    assert page.count("0.00 to 0.72") > 1  # in the short table, and in that of all attacks
    assert not re.search(r"-[\d.]+ to ", page)


def test_the_verdict_comes_first_and_speaks_in_words(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", report([replace(one, test_images=11) for one in RECORDS]))
    places = [
        page.index(words)
        for words in ('class="verdict ', 'class="answer"', "<table", "Tested on 11 images", 'class="bars"')
    ]
    assert places == sorted(places)
    assert page.index("MTL, one model for all tasks") < page.index("What comes back")
    assert "perturbed by at most 8 of 255 levels" in page


def test_every_task_that_is_learnable_on_purpose_is_named(tmp_path: Path) -> None:
    alone: dict[str, Any] = {"setting": "stl", "attack": "none", "countermeasure": "none"}
    each = [
        replace(record(kind, 0, {task: score}, **alone), unprotected=[task] if kind == "tap" and task != "a" else [])
        for task in ("a", "b", "c")
        for kind, score in (("clean", 0.9), ("tap", 0.3))
    ]
    page = " ".join(written(tmp_path / "audit.html", report(each)).split())
    assert "Left learnable on purpose, and not part of these bars: b, c." in page


def test_the_page_answers_its_question_and_gives_the_control(tmp_path: Path) -> None:
    noised = [replace(one, condition="noise", method="noise") for one in attacked("none", 0.88, 0.9)]
    noised = [one for one in noised if one.metrics["left"]["accuracy"] == 0.88]
    page = " ".join(written(tmp_path / "audit.html", report([*RECORDS, *noised])).split())
    assert '<div class="verdict fails"> <p class="answer"><b>The protection does not hold.</b></p>' in page
    assert "Control: noise of the same size in place of the protection leaves learners 98 to 100 % of what" in page
    assert "Control:" not in written(tmp_path / "b.html", report(RECORDS))


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [
        (0.0, 0.05, "leaves learners 0 % (worse than trivial) of what clean images teach of each task."),
        (0.0, 0.5, "leaves learners 0 to 50 % of what"),
        (0.5, 0.5, "leaves learners 50 % of what"),
    ],
)
def test_the_control_shows_no_recovery_below_nothing(left: float, right: float, said: str) -> None:
    clean, noised = attacked("none", left, right)
    text = control_text(report([clean, replace(noised, condition="noise", method="noise")]))
    assert said in text


def test_the_control_is_of_tasks_that_the_release_protects() -> None:
    clean, noised = attacked("none", 0.5, 0.9)
    noise = replace(noised, condition="noise", method="noise")
    released = replace(noised, unprotected=["right"])
    for made in (report([clean, noise], holdout=["right"]), report([clean, noise, released])):
        assert control_text(made).endswith("leaves learners 50 % of what clean images teach.")
    assert control_text(report([clean, noise], holdout=["left", "right"])) == ""


def test_the_bound_of_a_lossy_release_is_that_of_its_files(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", report(RECORDS, largest_change=55, release="a" * 64))
    assert "perturbed by at most 8 of 255 levels before encoding; as the lossy files are decoded, " in page
    assert "pixels differ from the clean images by at most 55" in page
    assert "no further from its clean image than the manifest allows" in page


def test_rows_and_columns_hold_every_recovery() -> None:
    rows = PageRows.of(report([*RECORDS, *attacked("none", 0.1, 0.2, setting="stl")])).real
    assert [(column.setting, column.task) for column in matrix_columns(rows)] == [
        ("mtl", "right"), ("mtl", "left"), ("stl", "right"), ("stl", "left"),
    ]  # fmt: skip
    jpeg = next(row for row in rows if row.attack.name == "jpeg10")
    cell = jpeg.of("mtl", "left")
    assert cell is not None
    assert value_text(cell) == "0.50"
    assert interval_text(cell)
    assert jpeg.of("stl", "left") is None
    assert value_text(None) == "\u2013"


def test_tasks_that_were_left_out_belong_to_their_own_section(tmp_path: Path) -> None:
    shown = report(RECORDS, holdout=["right"])
    rows = PageRows.of(shown)
    assert {one.task for row in rows.real for one in row.recoveries} == {"left"}
    assert {one.task for row in rows.held_out for one in row.recoveries} == {"right"}
    page = written(tmp_path / "audit.html", shown)
    released, left_out = page.split("Of a task that was left out: right")
    assert widths(released) == ["50.0%", "0.0%", "0.0%"]
    assert widths(left_out) == ["75.0%", "25.0%", "0.0%"]


def test_attacks_are_named_as_the_audit_knew_them(tmp_path: Path) -> None:
    attacks = [KnownAttack("jpeg:quality=42", "JPEG of 42", "nothing"), KnownAttack("pretrained", "my net", "compute")]
    records = [*attacked("jpeg:quality=42", 0.5, 0.5), *attacked("pretrained", 0.3, 0.3, countermeasure="none")]
    assert titles(written(tmp_path / "audit.html", report(records, attacks=attacks))) == ["JPEG of 42", "my net"]


def test_upper_bounds_are_set_apart(tmp_path: Path) -> None:
    page = written(tmp_path / "audit.html", report([*RECORDS, *attacked("peak", 0.9, 0.9)]))
    real, apart = page.split("<h2>Upper bounds</h2>")
    assert (titles(real)[0], len(titles(real))) == ("JPEG of quality 10", 3)
    assert len(titles(apart)) == 1
    assert "by peak" not in page


def test_what_adds_nothing_to_their_own_images_comes_last_and_says_so(tmp_path: Path) -> None:
    diluted = attacked("dilution20", 0.8, 0.1, own=0.8, own_images=80, own_wanted=500)
    shown = report([*attacked("grey", 0.3, 0.1), *diluted], holdout=["right"])
    page = written(tmp_path / "audit.html", shown).split("<h2>Of a task that was left out:")[0]
    assert titles(page)[0] == "greyscale"
    assert widths(page) == ["25.0%", "87.5%"]
    assert 'class="fill nothing"' in page
    assert "80 clean images of their own (500 wanted) teach 88 % alone: the release adds nothing" in page


def test_own_images_are_counted_without_a_control_too() -> None:
    (one, _) = report(attacked("dilution20", 0.8, 0.1, own_images=80, own_wanted=80)).recoveries
    assert own_text(one) == "with 80 clean images of their own"
    assert own_text(replace(one, own_images=None)) == ""


def test_spread_over_seeds_cost_and_classes_that_do_not_count_are_shown(tmp_path: Path) -> None:
    records = [replace(one, learner=replace(one.learner, seed=1)) for one in attacked("jpeg10", 0.7, 0.7)]
    rare = replace(RECORDS[0], uncounted={"left": {"Girls": 3, "Boys": 1}, "right": {}})
    page = written(tmp_path / "audit.html", report([rare, *RECORDS[1:], *records], complete=False))
    assert "2 seeds, \u00b1 0.00" in page
    assert "Planned: about 10 min, within a budget of 30 min. Taken: 12 min, 2 learners at a time; 8 learners" in page
    assert "<li>left: Girls (3), Boys (1)</li>" in page
    assert "fewer than 20 test images" in page
    assert "The audit has not ended" in page


def test_what_was_planned_is_of_the_last_run_and_what_was_taken_of_all() -> None:
    """The sum of all runs is never said to have been planned within the budget of one."""
    cost = AuditCost(planned=3000.0, taken=4500.0, processes=1, budget=3600.0, earlier=1500.0)
    text = cost_text(report(RECORDS, cost=cost))
    assert text.startswith(
        "Planned for this run: about 50 min, within a budget of 60 min. "
        "Taken: 50 min, one learner at a time, after 25 min in earlier runs, so 75 min together; "
    )
    text = cost_text(report(RECORDS, cost=replace(cost, planned=4800.0, earlier=0.0)))
    assert text.startswith("Planned: about 80 min, more than the budget of 60 min, as plain learners are trained")
    assert "earlier runs" not in text


@pytest.mark.parametrize(
    ("planned", "taken", "why"),
    [
        (170.0, 341.0, "this machine was slower than was estimated (2.8 min)"),
        (300.0, 341.0, "plain learners come first whatever the budget, as all is compared with them"),
        (
            240.0,
            341.0,
            "plain learners come first whatever the budget, as all is compared with them; this machine "
            "was slower than was estimated (4.0 min)",
        ),
        (170.0, 215.0, None),
    ],
)
def test_an_audit_far_beyond_its_budget_says_so_and_why(
    planned: float, taken: float, why: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = report(RECORDS, cost=AuditCost(planned, 600.0 + taken, 1, 180.0, 600.0))
    print_report(shown)
    line = f"this run took 5.7 min, 89 % more than the budget of 3.0 min: {why}"
    assert ("more than the budget of" in capsys.readouterr().out) is (why is not None)
    assert shown.cost.beyond_budget == (line if why else "")
    assert (f" T{line[1:]}." in cost_text(shown)) is (why is not None)


def test_no_budget_is_never_exceeded() -> None:
    assert AuditCost(60.0, 6000.0).beyond_budget == ""


def test_what_failed_is_listed_apart(tmp_path: Path) -> None:
    known = [KnownAttack.of(find_attack(name)) for name in ("none", "jpeg10", "grey", "half", "diffusion")]
    left = [NotRun("half", "RuntimeError: <no>", failed=True), NotRun("diffusion", "no model was given")]
    page = written(tmp_path / "audit.html", report(RECORDS, attacks=known, not_run=left))
    assert "3 of 5 attacks tried, all that are possible here, but for 1 that failed; the others are listed" in page
    failed, untried = page.index("<h2>What failed</h2>"), page.index("<h2>What was not tried</h2>")
    assert failed < page.index("RuntimeError: &lt;no&gt;: half") < untried
    assert "1 attack (no model was given: 1)" in page[untried:]
    assert "RuntimeError" not in page[untried:]


def test_it_is_one_file_and_says_what_was_not_tried(tmp_path: Path) -> None:
    images = {name: torch.zeros(2, 1, 8, 8, dtype=torch.uint8) for name in ("released", "grey")}
    bare = written(tmp_path / "bare.html", report(RECORDS))
    left = report(RECORDS, not_run=[NotRun("diffusion", "no model was given")])
    page = written(tmp_path / "whole.html", left, detection=["A detector finds all."], pictures=images)
    assert "http" not in page
    assert (bare.count("data:image/png;base64,"), page.count("data:image/png;base64,")) == (0, 2)
    assert "no model was given: diffusion" in page
    assert "A detector finds all." in page
    assert "What was not tried" not in bare
    assert "no clean image is part of this page" in page
    clean = written(tmp_path / "clean.html", left, pictures=images, shows_clean=True)
    assert "Do not publish it" in clean
    assert "no clean image is part" not in clean


def test_the_verdict_says_first_how_many_attacks_were_tried(tmp_path: Path) -> None:
    known = [KnownAttack.of(find_attack(name)) for name in ("none", "jpeg10", "grey", "half")]
    left = report(RECORDS, attacks=known, not_run=[NotRun("half", NOT_ASKED), NotRun("detection", NOT_ASKED)])
    page = written(tmp_path / "some.html", left)
    assert page.index("3 of 4 attacks tried; the others are listed below.") < page.index("<b>Without effort:</b>")
    assert "All 3 attacks tried." in written(tmp_path / "all.html", report(RECORDS))
    assert left.to_json()["tried"] == "3 of 4 attacks tried"


def test_names_are_text_in_one_line(tmp_path: Path) -> None:
    shown = report(RECORDS, dataset="<script>\x1b[31m", not_run=[NotRun("x", "<b>bold</b>\nbreak")])
    page = written(tmp_path / "audit.html", shown)
    assert "<script>" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;bold" in page


def test_many_tasks_are_cut_and_counted(tmp_path: Path) -> None:
    tasks = {f"t{i}": 0.5 for i in range(MOST_COLUMNS + 6)}
    clean = record("clean", 0, dict.fromkeys(tasks, 0.9), attack="none")
    page = written(tmp_path / "audit.html", report([clean, record("tap", 0, tasks, attack="none")]))
    assert "6 more tasks, of which less comes back" in page


def test_without_records_there_is_no_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record"):
        write_audit_page(tmp_path / "audit.html", AuditPage(report([])))


def test_says_where_clean_images_teach_next_to_nothing(tmp_path: Path) -> None:
    said = "clean images teach 1 of 2 tasks less than a tenth of the way"
    assert said not in written(tmp_path / "taught.html", report(RECORDS))
    hardly = [
        replace(one, metrics={**one.metrics, "left": {"accuracy": 0.12}}) if one.condition == "clean" else one
        for one in RECORDS
    ]
    assert said in written(tmp_path / "hardly.html", report(hardly))


def test_says_where_few_test_images_make_intervals_too_narrow(tmp_path: Path) -> None:
    said = "Tested on 11 images: one of them is 9 % of a score"
    enough, few = ([replace(one, test_images=count) for one in RECORDS] for count in (100, 11))
    assert said not in written(tmp_path / "enough.html", report(enough))
    assert said in written(tmp_path / "few.html", report(few))


def test_what_was_given_up_stands_below_the_figures(tmp_path: Path) -> None:
    given = Concession(2, (), 1 / 2, 6, 12, 1800.0)
    page = written(tmp_path / "audit.html", report(RECORDS, concession=given))
    assert page.index("What comes back, the worst first") < page.index("6 epochs instead of 12")


def test_a_chart_without_bars_says_so_and_shows_no_axis(tmp_path: Path) -> None:
    """Clean learners that know no more than the trivial predictor leave nothing to compare with."""
    untaught = [replace(one, metrics={"left": {"accuracy": 0.1}}, **LEFT) for one in attacked("grey", 0.1, 0.1)]
    page = written(tmp_path / "page.html", report(untaught))
    assert "so there is no table and no chart" in page
    assert 'class="ticks"' not in page
    assert "A bar is" not in page
    assert "There is nothing to draw" not in written(tmp_path / "page.html", report(RECORDS))


@needs_chromium
def test_on_paper_no_attack_is_cut_off(tmp_path: Path) -> None:
    written(tmp_path / "page.html", report(RECORDS))
    assert printed(tmp_path / "page.html") == (A4, "rgb(255, 255, 255)")

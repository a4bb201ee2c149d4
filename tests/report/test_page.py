"""The page: whole, self-contained, and true to names with tags in them."""

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from paper import A4, needs_chromium, printed
from table_records import record

from mtlue._version import __version__
from mtlue.errors import InputError
from mtlue.evaluation.records import Record
from mtlue.report.evaluations.page import write_page
from mtlue.report.evaluations.table import release_title
from mtlue.report.html import shown
from mtlue.report.pictures.figures import curves

CURVES = {"training loss": [2.0, 1.0]}
SCORES = {"left": 0.9, "right": 0.5}


def learners(**others: Any) -> list[Record]:
    """On clean, noised and protected images."""
    kinds = {"clean": SCORES, "noise": SCORES, "tap": {"left": 0.5, "right": 0.1}}
    return [record(kind, 0, scores, curves=CURVES, **others) for kind, scores in kinds.items()]


def written(path: Path, *arguments: Any) -> str:
    write_page(path, *arguments)
    return path.read_text(encoding="utf-8")


def test_it_names_the_least_protected_task_of_each_block(tmp_path: Path) -> None:
    grey = learners(countermeasure="grey")
    page = written(tmp_path / "page.html", [*learners(), *grey])
    sentences = re.findall(r"<p>A multi-task learner (.*?)</p>", page, re.DOTALL)
    assert len(sentences) == 2
    for sentence in sentences:
        assert "an\nestimated <b>50 %</b> of what clean images" in sentence
        assert "of <i>left</i>, the\ntask of which most comes back; with noise of the same size it is 100 %" in sentence
        assert sentence.endswith("Measured by accuracy with 5 test images and 1 seed.")
    assert sum("(grey)" in sentence for sentence in sentences) == 1
    limits = "as they are, or as the countermeasures named above leave them."
    assert limits in page
    assert limits not in written(tmp_path / "plain.html", learners())


def test_an_estimate_is_said_with_its_interval_and_what_it_was_measured_with(tmp_path: Path) -> None:
    draws = {"left": [0.1 + 0.2 * (number - 49.5) / 49.5 for number in range(100)]}
    clean = record("clean", scores={"left": 0.9}, replicates={"left": [0.9] * 100}, test_images=58, curves=CURVES)
    noise, tap = (
        record(kind, scores={"left": 0.115}, replicates=draws, test_images=58, curves=CURVES)
        for kind in ("noise", "tap")
    )
    page = " ".join(written(tmp_path / "page.html", [clean, noise, tap]).split())
    assert "an estimated <b>2 %</b> (95 % interval 0 to 24 %) of what" in page
    assert "with noise of the same size it is 2 % (95 % interval 0 to 24 %)." in page
    assert "Measured by accuracy with 58 test images and 1 seed." in page
    assert "0.019 [0.00, 0.24]" in page
    assert "back at most" not in page
    assert "Tested on 58 images" in page


def test_it_is_one_file_whatever_it_shows(tmp_path: Path) -> None:
    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    bare = written(tmp_path / "bare.html", learners())
    whole = written(tmp_path / "whole.html", learners(), (images, images), {"generator base loss": [1.0, 0.5]})
    assert (bare.count("data:image/png;base64,"), whole.count("data:image/png;base64,")) == (0, 6)
    assert (bare.count("<svg "), whole.count("<svg ")) == (1, 2)
    ids = re.findall(r' id="([^"]*)"', whole)
    assert not [one for one in ids if not one.startswith(("m", "p"))]
    assert "http" not in whole
    assert 'src="data:' in whole


def test_several_releases_are_blocks_of_their_own(tmp_path: Path) -> None:
    other = record("em", 0, {"left": 0.2, "right": 0.2}, curves=CURVES)
    page = written(tmp_path / "page.html", [*learners(), other])
    (title,) = re.findall(r'<p class="title">(.*?)</p>', page)
    assert html.unescape(title).startswith(
        "d, protected by the method 'em': perturbed by at most 8 of 255 levels. d, protected by the method 'tap': "
        "perturbed by at most 8 of 255 levels. Tried by tiny learners, "
    )
    assert {"MTL, tap", "MTL, em"} <= set(re.findall(r"<td[^>]*>(.*?)</td>", page))


def test_the_bounds_of_a_lossy_and_a_lossless_release_are_said(tmp_path: Path) -> None:
    lossy = record("em", 0, {"left": 0.2, "right": 0.2}, curves=CURVES, largest_change=55)
    lossless = record("em", 0, {"left": 0.2, "right": 0.2}, curves=CURVES)
    page = written(tmp_path / "page.html", [*learners(), lossless, lossy])
    assert "perturbed by at most 8 of 255 levels before encoding; as the lossy files are decoded, " in page
    assert "pixels differ from the clean images by at most 55. d, protected by" in page
    assert "epsilon 8/255 before encoding (lossy files: up to 55/255); " in release_title([lossless, lossy])
    assert "lossy" not in release_title([lossless])


def test_names_are_text_in_one_line(tmp_path: Path) -> None:
    assert shown("a\x1b\n<b>") == r"a\x1b\n<b>"
    assert shown(3) == 3
    page = written(tmp_path / "page.html", [record("tap", 0, {"<b>x\n": 0.9}, curves=CURVES)])
    assert "&lt;b&gt;x\\n" in page
    assert "<b>x" not in page


def test_no_records_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no record"):
        write_page(tmp_path / "page.html", [])
    assert not (tmp_path / "page.html").exists()


def test_an_evaluation_that_has_not_ended_is_not_shown_as_whole(tmp_path: Path) -> None:
    said = "The evaluation has not ended"
    assert said not in written(tmp_path / "whole.html", learners())
    assert said in written(tmp_path / "part.html", learners(), None, None, False)


def test_the_verdict_comes_first_and_what_is_long_is_folded(tmp_path: Path) -> None:
    metrics = {f"task {number:02}": 0.5 for number in range(20)}
    page = written(tmp_path / "page.html", [record(kind, 0, metrics, curves=CURVES) for kind in ("clean", "tap")])
    places = [
        page.index(part) for part in ('<div class="verdict">', "<h2>Scores", "<details>", "<h2>What the learners")
    ]
    assert places == sorted(places)
    short, whole = page[places[1] : places[2]], page[places[2] : places[3]]
    assert (short.count("<tr><td>MTL"), whole.count('<tr class="')) == (12, 20)


def test_curves_take_the_colour_of_the_page() -> None:
    drawn = curves({name: {"clean": [2.0, 1.0]} for name in ("a", "b", "c")})
    assert "currentColor" in drawn
    assert "#000000" not in drawn
    assert ">a<" in drawn  # texts are texts


def test_each_panel_is_a_drawing_of_its_own_whose_parts_have_names_of_their_own() -> None:
    drawn = curves({name: {"clean": [2.0, 1.0]} for name in ("a", "b", "c")})
    names = re.findall(r' id="([^"]+)"', drawn)
    assert drawn.count("<svg ") == 3
    assert len(names) == len(set(names)) > 0


@needs_chromium
def test_on_paper_nothing_is_cut_off(tmp_path: Path) -> None:
    several = [record(kind, seed, SCORES, curves=CURVES) for kind in ("clean", "noise", "tap") for seed in range(3)]
    written(tmp_path / "page.html", several)
    assert printed(tmp_path / "page.html") == (A4, "rgb(255, 255, 255)")


def test_the_line_at_the_end_names_a_version_once(tmp_path: Path) -> None:
    own = {"mtlue": __version__, "torch": "2.11"}
    page = written(tmp_path / "page.html", learners(versions=own))
    assert page.count(f"mtlue {__version__}") == 1
    assert "torch 2.11." in page


def test_the_verdict_of_learners_that_learned_nothing_says_so(tmp_path: Path) -> None:
    blank = [record(kind, 0, {"left": 0.1}, curves=CURVES) for kind in ("clean", "noise", "tap")]
    page = written(tmp_path / "blank.html", blank)
    assert "<b>Nothing can be said</b>" in page
    assert "learners of clean images did not learn these tasks either" in page
    assert "Nothing can be said" not in written(tmp_path / "page.html", learners())


def test_where_learners_are_missing_the_page_says_which_ones(tmp_path: Path) -> None:
    def unknown(*kinds: str, **others: Any) -> str:
        chosen = [one for one in learners(**others) if one.condition in kinds]
        return " ".join(written(tmp_path / "page.html", chosen).split())

    assert "no learner of clean images is among these records" in unknown("noise", "protected")
    assert "no learner of protected images is among these records" in unknown("clean", "noise")
    assert "Evaluate clean, noised and protected images together (--compare clean noise protected)." in unknown("noise")
    of_noise = [record("clean", scores={"left": 0.1}, curves=CURVES)]
    of_noise.append(replace(of_noise[0], condition="protected", method="noise", epsilon=8.0))
    assert "did not learn these tasks either" in written(tmp_path / "page.html", of_noise)
    apart = [*learners(test_set="a" * 10)[:1], *learners(test_set="b" * 10)[2:]]
    assert "are tested on other images" in " ".join(written(tmp_path / "page.html", apart).split())


def test_few_test_images_are_said_of_those_that_have_few(tmp_path: Path) -> None:
    few, many = learners(test_images=30, test_set="a" * 10), learners(test_images=500, test_set="b" * 10)
    assert "Tested on 30 images" in written(tmp_path / "page.html", few)
    assert "Some learners were tested on 30 images" in written(tmp_path / "page.html", [*few, *many])
    assert "were tested on" not in written(tmp_path / "page.html", many)


def test_what_cannot_be_compared_is_said_before_the_scores(tmp_path: Path) -> None:
    (clean, _, tap), longer = learners(), learners(train_images=12)
    page = written(tmp_path / "page.html", [clean, tap, clean, longer[2]])
    assert "1 of them" not in page.split("<h2>")[1]
    warned = page.split("<h2>")[0]
    assert "results appear more than once" in warned
    assert "10, 12 training and 5 test images" in warned
    apart = written(tmp_path / "page.html", [clean, longer[2]]).split("<h2>")[0]
    assert "training images differ, so that figures are not comparable: 10 (clean); 12 (tap)." in apart

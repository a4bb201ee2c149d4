"""How many attacks were tried, and whether all that could be were."""

import pytest

from mtlue.evaluation.recoveries.coverage import NO_TIME, Coverage
from mtlue.evaluation.recoveries.verdict import NOT_ASKED

KNOWN = ("none", "grey", "diffusion", "costly")


@pytest.mark.parametrize(
    ("not_run", "text"),
    [
        ({}, "all 4 attacks tried"),
        (
            {"diffusion": "no model was given", "detection": NOT_ASKED},
            "3 of 4 attacks tried, all that are possible here",
        ),
        ({"grey": NO_TIME}, "3 of 4 attacks tried"),
        ({"grey": NOT_ASKED, "diffusion": "no model was given"}, "2 of 4 attacks tried"),
        (
            {"costly": NOT_ASKED},
            "3 of 4 attacks tried, all that are possible here, but for those that are tried only where they are named",
        ),
    ],
)
def test_what_could_not_be_tried_is_told_from_what_was_left_out(not_run: dict[str, str], text: str) -> None:
    tried = [name for name in KNOWN if name not in not_run]
    assert Coverage.of(KNOWN, tried, not_run, ["costly"]).text == text


@pytest.mark.parametrize(
    ("not_run", "text"),
    [
        ({}, "3 of 4 attacks tried, 1 failed"),
        (
            {"diffusion": "no model was given"},
            "2 of 4 attacks tried, all that are possible here, but for 1 that failed",
        ),
        ({"diffusion": NO_TIME}, "2 of 4 attacks tried, 1 failed"),
        (
            {"costly": NOT_ASKED},
            "2 of 4 attacks tried, all that are possible here, but for 1 that failed and those that are tried only "
            "where they are named",
        ),
    ],
)
@pytest.mark.parametrize("found", [[], ["grey"]])
def test_what_failed_is_not_said_to_be_impossible(not_run: dict[str, str], text: str, found: list[str]) -> None:
    """Whether or not something was found before it failed."""
    tried = [name for name in KNOWN if name not in not_run and name != "grey"] + found
    assert Coverage.of(KNOWN, tried, not_run, ["costly"], {"grey"}).text == text
    running = Coverage.of(KNOWN, tried, not_run, ["costly"], {"grey"}, complete=False)
    assert running.text.endswith(" attacks tried so far, 1 failed")


def test_an_attack_that_was_tried_in_part_counts_as_tried() -> None:
    assert Coverage.of(KNOWN, KNOWN, {"grey": NO_TIME}, []).text == "all 4 attacks tried"

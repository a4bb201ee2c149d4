"""Which name was likely meant."""

import pytest

from mtlue.suggestions import nearest, unknown

NAMES = ["learner-epochs", "epochs", "jpeg", "bits"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("epoch", "epochs"),
        ("jpg", "jpeg"),
        ("learner-epoch", "learner-epochs"),
        ("fit-epochs", "epochs"),
        ("zzzz", None),
    ],
)
def test_the_nearest_name(word: str, meant: str | None) -> None:
    assert nearest(word, NAMES) == meant


def test_a_message_lists_all_names_and_asks_only_where_one_is_near() -> None:
    assert unknown("method", "jpg", NAMES).startswith("unknown method 'jpg': did you mean 'jpeg'? Choose from learner")
    assert unknown("method", "zzzz", NAMES) == "unknown method 'zzzz': choose from learner-epochs, epochs, jpeg, bits"


def test_many_names_do_not_drown_the_one_that_was_likely_meant() -> None:
    many = [*NAMES, *(f"name{number}" for number in range(40))]
    assert (
        unknown("kind", "jpg", many, "--help") == "unknown kind 'jpg': did you mean 'jpeg'? --help lists all 44 kinds"
    )
    assert "choose from learner-epochs" in unknown("x", "%%%%", many, "--help")


def test_other_names_may_be_meant_and_are_not_counted() -> None:
    many = [f"name{number}" for number in range(40)]
    told = unknown("attack", "jpg", many, "--help", also=["jpeg", "name1"])
    assert told == "unknown attack 'jpg': did you mean 'jpeg'? --help lists all 40 attacks"
    assert unknown("attack", "%%%%", ["grey"], also=["jpeg", "grey"]) == "unknown attack '%%%%': choose from grey, jpeg"

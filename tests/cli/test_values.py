"""What users write for an option, and the values that it means."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtlue.cli.parsing.values import PLACE, Option, options_of
from mtlue.errors import InputError


@dataclass(frozen=True)
class Everything:
    """One option of each kind.

    Args:
        number: a number.
        seeds: how many, or which ones.
        size: one side or two.
        names: names.
        files: files.
        speed: one of two.
        quiet: a switch.
        where: a place.
    """

    where: Path = field(metadata={PLACE: "WHERE"})
    number: float = 0.5
    seeds: int | list[int] | None = None
    size: int | tuple[int, int] | None = None
    names: list[str] | None = None
    files: list[Path] = field(default_factory=list)
    speed: Literal["slow", "fast"] = "slow"
    quiet: bool = False


OPTIONS: dict[str, Option] = {option.name: option for option in options_of(Everything)}


@pytest.mark.parametrize(
    ("name", "texts", "value"),
    [
        ("number", "1e-1", 0.1),
        ("number", "-3", -3.0),
        ("seeds", "3", 3),
        ("seeds", "0,5,7", [0, 5, 7]),
        ("seeds", ["0", "5", "7"], [0, 5, 7]),
        ("seeds", "5,", [5]),
        ("size", "64", 64),
        ("size", "48,64", (48, 64)),
        ("size", ["48", "64"], (48, 64)),
        ("names", "007", ["007"]),
        ("names", "yes, no", ["yes", "no"]),
        ("names", ["hair, colour", "age"], ["hair, colour", "age"]),
        ("names", ['"hair, colour"', "age"], ["hair, colour", "age"]),
        ("names", '"hair, colour"', ["hair, colour"]),
        ("names", '"hair, colour", age in years', ["hair, colour", "age in years"]),
        ("names", 'half "quoted, age', ['half "quoted', "age"]),
        ("names", "", []),
        ("files", ["a", "b"], [Path("a"), Path("b")]),
        ("speed", "fast", "fast"),
        ("where", "x/y", Path("x/y")),
        ("quiet", "on", True),
        ("quiet", "No", False),
    ],
)
def test_words_mean_values(name: str, texts: str | list[str], value: Any) -> None:
    found = OPTIONS[name].value(texts)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "texts", "message"),
    [
        ("number", "many", "number many: not a number; give digits alone, as in 0.5 or 8$"),
        ("seeds", "a,b", "seeds a,b: not whole numbers; give one, as in 3, or several"),
        ("size", ["1", "2", "3"], "size 1 2 3: not one or two whole numbers; give a side"),
        ("speed", "quick", "speed cannot be quick: choose from slow, fast$"),
        ("quiet", "maybe", "quiet maybe: not true or false; give one of the two"),
        ("number", "", "number '': not a number"),
        ("number", "9" * 400, "number 9{60}…: not a number"),
    ],
)
def test_words_that_mean_nothing_are_refused(name: str, texts: str | list[str], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        OPTIONS[name].value(texts)


@given(st.lists(st.integers(-(2**70), 2**70), min_size=2))
def test_lists_of_numbers_come_back_in_either_form(numbers: list[int]) -> None:
    texts = [str(number) for number in numbers]
    assert OPTIONS["seeds"].value(texts) == OPTIONS["seeds"].value(",".join(texts)) == numbers


@given(st.lists(st.text(), min_size=2))
def test_names_stay_the_texts_that_they_are(names: list[str]) -> None:
    assert OPTIONS["names"].value(names) == names


def test_an_option_describes_itself() -> None:
    assert {name: option.word for name, option in OPTIONS.items()} == {
        "where": "PATH",
        "number": "NUMBER",
        "seeds": "INT",
        "size": "INT",
        "names": "TEXT",
        "files": "PATH",
        "speed": "slow|fast",
        "quiet": "true|false",
    }
    assert OPTIONS["number"].described() == "a number. (default: 0.5)"
    assert OPTIONS["seeds"].described() == "how many, or which ones."

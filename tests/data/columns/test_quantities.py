"""Quantities that are not written as plain numbers, and what is said of them."""

from pathlib import Path

import pytest
from columns_of_cells import ROWS, cycle, found, notes_on, rules

from mtlue import InputError, Regression


def test_one_rule_ignores_all_texts_among_numbers(tmp_path: Path) -> None:
    cells = cycle(">100", "<5", "~7", "n/a", *range(5, 100))
    (note,) = notes_on("age", cells)
    assert "column 'age' holds '>100', '<5', '~7', 'n/a' among its numbers, read as classes" in note
    told = rules(tmp_path, "tasks:\n  " + note.split("say '")[1].split("' below")[0])
    assert isinstance(found({"age": cells}, told)["age"], Regression)
    told = rules(tmp_path, "tasks: {age: {kind: regression, ignore: ['<5']}}")
    with pytest.raises(InputError, match="holds '>100', 'n/a', '~7', which are not numbers") as refused:
        found({"age": cells}, told)
    assert """'ignore: [">100", "n/a", "~7"]'""" in str(refused.value)
    assert "leave it out" not in str(refused.value)


def test_many_texts_among_numbers_are_not_advised_to_be_ignored() -> None:
    (note,) = notes_on("age", cycle(*(f">{n}" for n in range(11)), *range(5, 100)))
    assert "and 1 more among its numbers" in note
    assert "write plain numbers" in note
    assert "ignore" not in note


def test_codes_that_are_too_many_for_classes_have_one_note() -> None:
    (note,) = notes_on("age2", [f"{n:05d}" for n in range(ROWS)])
    assert "holds numbers that are written like codes ('00000') and has 1000 different values" in note
    assert ": it is not protected; if they are a quantity, say 'age2: {kind: regression}'" in note
    assert "so they are classes" not in note


MEASURED = [
    "{n} %",
    "{n}%",
    "{n}h",
    "{n}.5 kg",
    "{n},5 €",
    "€ 1.{n:03d},50",
    "${n}.00",
    "USD {n}",
    "EUR{n}",
    "ca. {n}",
    "~{n}",
    "< {n}",
    "−{n}",
    "{n}/100",
    "1,{n:02d}E+03",
    "1,{n:03d}.50",
    "1 {n:03d}",
    "1'{n:03d}",
    "{n} km/h",
    "{n} m2",
    "{n} years",
    "{n} °C",
    "2024-01-{n:02d}",
    "{n}.1.2024",
    "01/{n}/24",
    "2024-01-{n:02d}T10:00:00Z",
    "10:{n:02d}",
    "1:{n:02d}:30",
    "10:{n:02d} pm",
    "2024-01-{n:02d} 10:00:00.000+01:00",
]
"""How quantities are written that a program does not read as numbers."""


@pytest.mark.parametrize("form", MEASURED)
def test_numbers_with_units_or_signs_are_pointed_out(form: str) -> None:
    texts = [form.format(n=n) for n in range(10, 30)]
    assert notes_on("x", cycle(*texts)) == [
        f"column 'x' holds texts such as '{texts[0]}', read as classes: if they are a quantity, write plain numbers"
    ]


def test_numbers_with_units_that_are_too_many_for_classes_are_pointed_out() -> None:
    (note,) = notes_on("x", [f"{n} %" for n in range(ROWS)])
    assert note.startswith("column 'x' holds texts such as '0 %' and has 1000 different values")
    assert note.endswith(": it is not protected; if they are a quantity, write plain numbers")


@pytest.mark.parametrize("form", ["class {n}", "class{n}", "n{n:08d}", "img_{n}", "A-{n}", "A{n}", "{n}_b", "ward {n}"])
def test_names_with_numbers_in_them_are_not_pointed_out(form: str) -> None:
    assert notes_on("x", cycle("x", *(form.format(n=n) for n in range(20)))) == []


def test_few_numbers_with_units_are_classes_without_a_note() -> None:
    assert notes_on("x", cycle(*(f"{n} %" for n in range(12)))) == []

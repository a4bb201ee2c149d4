"""The classes that are rare are shown, however many there are: scores and protection depend on them."""

from io import StringIO

from rich.console import Console

from mtlue.cli.telling.task_table import balance_table, rare_notes
from mtlue.jobs.inspection.statistics import TaskAccount
from mtlue.tasks import Categorical

CLASSES = [f"Quercus petraea var. {number:02}" for number in range(41)]
ACCOUNT = TaskAccount(
    Categorical("species", tuple(CLASSES)),
    {"train": 1640, "test": 410},
    0,
    {name: 2 * number for number, name in enumerate(CLASSES)},
    {name: number for number, name in enumerate(CLASSES)},
)


def test_of_many_classes_the_commonest_and_the_rarest_are_shown_within_80_columns() -> None:
    screen = Console(file=StringIO(), width=80)
    screen.print(balance_table([ACCOUNT], 30))
    text = screen.file.getvalue()  # type: ignore[attr-defined]
    lines = [line.split() for line in text.splitlines()]
    shown = [line[4] for line in lines if line[1:2] == ["Quercus"]]
    assert shown == [f"{number:02}" for number in [*range(40, 25, -1), *range(14, -1, -1)]]
    assert ["species", "…", "11", "more", "…"] in lines
    assert max(map(len, text.splitlines())) <= 80


def test_notes_count_the_rare_classes_and_name_the_rarest_first() -> None:
    none, training, test = rare_notes([ACCOUNT], 3)
    assert "limit_train" in none
    assert none.startswith("no training image at all: species 'Quercus petraea var. 00' (0); nothing is learnt")
    assert training.startswith("fewer than 10 training images (4 classes, the rarest first): species '")
    assert test.startswith("fewer than 20 test images (20 classes, the rarest first): ")
    assert "var. 00' (0), species 'Quercus petraea var. 01' (1)" in test
    assert "(2) and 17 more; one photo" in test


def test_few_rare_classes_are_all_named() -> None:
    _, training, _ = rare_notes([ACCOUNT], 5)
    assert training.startswith("fewer than 10 training images: species '")
    assert "more" not in training

"""Which option shortens a fit most: the surrogates' training and the rest are shortened by one each."""

import pytest

from mtlue.cli.telling.owner import tell
from mtlue.cli.terminal.console import Console
from mtlue.data.embedded.digits import TASKS
from mtlue.jobs.owner_events import ProbedFiles, ProtectionForecast
from mtlue.jobs.protection.longest_parts import longest_parts
from mtlue.methods import MethodChoice, Perturber
from mtlue.methods.work import FitSize


def work_of(method: Perturber) -> float:
    return method.estimated_flops(FitSize(TASKS, 400, (3, 32, 32), (32, 32)))


def longest(name: str, **settings: object) -> tuple[str, ...]:
    return longest_parts(MethodChoice(name, settings), TASKS, work_of)


def test_the_part_that_takes_most_is_found() -> None:
    assert longest("tap", epochs=1, surrogate_epochs=100) == ("surrogate_epochs",)
    assert longest("tap", epochs=100, surrogate_epochs=1) == ("epochs",)
    assert longest("em", epochs=100) == ("epochs",)


def test_two_parts_of_about_half_are_both_named() -> None:
    """Of 57 photos of 176 px the surrogates' training took longer than the rest, though its operations are fewer."""
    size = FitSize(TASKS, 57, (3, 176, 176), (176, 176))
    parts = longest_parts(MethodChoice("tap"), TASKS, lambda method: method.estimated_flops(size))
    assert parts == ("epochs", "surrogate_epochs")


def test_nothing_is_named_that_cannot_be_shortened() -> None:
    assert longest("tap", epochs=1, surrogate_epochs=1) == ()
    assert longest("lsp-patch") == ()


@pytest.mark.parametrize(("seconds", "said"), [(600.0, True), (20.0, False), (None, False)])
def test_it_is_said_where_the_time_is_long(
    seconds: float | None, said: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtlue.cli.telling.owner.err", Console(width=140))
    files = ProbedFiles("png", 8.0, 8, 1e5, 0.01, 1e5)
    tell(ProtectionForecast(10, seconds, 1, 10**9, None, files, ("epochs", "surrogate_epochs"), (88, 88)))
    told = capsys.readouterr().out
    assert ("a smaller --epochs and --surrogate-epochs shorten that" in told) is said
    assert ("--size 88, half the side, takes a quarter to a half of the time" in told) is said

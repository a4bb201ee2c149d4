"""What an audit's bars say: nothing that its own lines contradict."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from audited import PLAN, protected_digits

from mtlue import Runtime
from mtlue.evaluation.learners import work
from mtlue.jobs.audits.audit import run_audit
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.progress import Silent

T = TypeVar("T")


class Begun(Silent):
    """Progress that remembers each bar that was begun: whether it has a time of its own."""

    def __init__(self) -> None:
        self.bars: list[tuple[str, bool]] = []

    def track(
        self, steps: Iterable[T], description: str, total: int | None = None, time_left: bool = True
    ) -> Iterator[T]:
        self.bars.append((description, time_left))
        return iter(steps)


@pytest.fixture
def bars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Those of an audit."""
    monkeypatch.setattr(work, "_SECONDS", 0.01)
    begun = Begun()
    plan = replace(PLAN, attacks=("none", "protected-test"), settings=("mtl",))
    request = AuditRequest.of(protected_digits(tmp_path / "p"), {}, plan, tmp_path / "audit")
    run_audit(request, Runtime("cpu", progress=begun))
    return begun.bars


def test_each_bar_says_what_it_is_of_and_learners_have_no_time_but_the_forecast(bars: list[tuple[str, bool]]) -> None:
    """The clean images are drawn, so that no bar is of reading them."""
    steps = ("checking", "verifying", "reading")
    assert [name for name, time_left in bars if time_left] == [
        f"{step} released {split} images" for split in ("training", "test") for step in steps
    ]
    assert [name for name, time_left in bars if not time_left] == ["training learners"] * 2

"""``--profile``: where the time of a command went, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from mtlue.cli.terminal.console import out

if TYPE_CHECKING:
    from mtlue.runtime import Runtime


@dataclass(frozen=True)
class ProfileOptions:
    """What is printed about the time a command took.

    Args:
        profile: print where the time went; on a GPU this makes the command slower.
    """

    profile: bool = False


def profile_table(seconds: dict[str, float]) -> Table:
    """One row per stage: its seconds, and its share of all; the last row is their sum."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    table.add_column("share", justify="right")
    total = sum(seconds.values())
    for number, (stage, spent) in enumerate(seconds.items(), start=1):
        table.add_row(stage, f"{spent:.2f}", f"{spent / total:.1%}", end_section=number == len(seconds))
    table.add_row("total", f"{total:.2f}", "100.0%")
    return table


def print_profile(runtime: Runtime) -> None:
    """The table of a runtime that counted; nothing of one that did not."""
    if runtime.profile is not None:
        out.print(profile_table(runtime.profile.seconds()))

"""How visible the change is, as a small table for the terminal, with the worst images named."""

from rich import box
from rich.table import Table

from mtlue.cli.terminal.console import err, out
from mtlue.fidelity.record import Fidelity
from mtlue.fidelity.texts import SUMMARY_COLUMNS, summary_rows, which_images

_WORST = 5
"""Images that are named."""


def print_fidelity(fidelity: Fidelity) -> None:
    """The measures over images, and which images are the worst."""
    if not fidelity.images:
        return
    out.print(f"how visible the change is, {which_images(fidelity)}:")
    out.print(fidelity_table(fidelity))
    worst = ", ".join(f"{image.id} ({image.ciede2000:.1f})" for image in fidelity.worst(_WORST))
    out.print(f"largest CIEDE2000: {worst}")
    if fidelity.in_tiles:
        err.print(f"note: {fidelity.in_tiles} of these images are large: evenly spaced tiles of them were measured")


def fidelity_table(fidelity: Fidelity) -> Table:
    """One row per measure: its mean, what 5 % of the images are worse than, and on how many images it is defined."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in SUMMARY_COLUMNS:
        table.add_column(name, justify="left" if name == SUMMARY_COLUMNS[0] else "right")
    for row in summary_rows(fidelity):
        table.add_row(*row)
    return table

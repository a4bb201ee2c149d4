"""What an audit's tables leave out, as it would be dashes alone, and where it is said why: in one sentence each."""

from collections.abc import Sequence

from mtlue.faults import listed
from mtlue.report.audits.rows import AttackRow, MatrixColumn
from mtlue.report.audits.without_recovery import NAMED
from mtlue.wording import counted


def left_out_of_table(rows: Sequence[AttackRow]) -> str:
    """Which attacks have no row in the short table, and no bar; "" where all have one."""
    unknown = [row.attack.name for row in rows if row.worst is None]
    if not unknown:
        return ""
    if len(unknown) == len(rows):
        which = "the one attack that was" if len(rows) == 1 else f"any of the {len(rows)} attacks that were"
        return (
            f"No recovery of a protected task is known by {which} compared, so there is no table and no chart; the "
            'list under "Every attack" says why.'
        )
    return (
        f"Left out, as no recovery of a protected task is known: {listed(unknown, NAMED)}; the list under "
        '"Every attack" says why.'
    )


def left_out_of_grid(rows: Sequence[AttackRow], columns: Sequence[MatrixColumn]) -> str:
    """Which attacks have no row in the drawing of attacks by tasks, and which tasks no column; "" where all have one.

    Args:
        rows: all that were compared.
        columns: those of which a recovery is known.
    """
    attacks = [row.attack.name for row in rows if not row.known]
    compared = dict.fromkeys(MatrixColumn(one.setting, one.task) for row in rows for one in row.recoveries)
    tasks = [f"'{one.task}' ({one.setting.upper()})" for one in compared if one not in columns]
    parts = [
        f"{counted(len(names), what)} ({listed(names, NAMED)})"
        for what, names in (("attack", attacks), ("task", tasks))
        if names
    ]
    if not parts:
        return ""
    return f'Left out, as no recovery is known of: {" and ".join(parts)}; "How to read these figures" says why.'

"""The tasks of a dataset as a table for the terminal, with what is too rare pointed out."""

from collections.abc import Callable, Mapping, Sequence

from rich import box
from rich.table import Table

from mtlue.cli.telling.accounts import print_account, print_cached
from mtlue.cli.terminal.console import err, out
from mtlue.data.listing import TRAIN, split_counts
from mtlue.data.loading import Collection
from mtlue.errors import param
from mtlue.faults import listed
from mtlue.jobs.events import FewImages
from mtlue.jobs.inspection.statistics import TaskAccount, account_tasks
from mtlue.methods.class_counts import RARE
from mtlue.tasks import Task
from mtlue.tasks.scoring import COUNTED_FROM
from mtlue.wording import counted, many

_SHOWN, _MOST_SHOWN = 30, 60
"""Characters of a task's classes that are shown, of more how many there are; and those of anything else."""
_NAMED = 5


def task_table(accounts: Sequence[TaskAccount]) -> Table:
    """One row per task: kind and classes, labels in each split, missing labels where there are any, rarest and
    commonest class."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    splits = list(accounts[0].present) if accounts else []
    missing = ["missing"] if any(account.missing for account in accounts) else []
    for name in ("task", "kind", *splits, *missing, "rarest in training", "commonest"):
        table.add_column(name, justify="right" if name in (*splits, *missing) else "left")
    for account in accounts:
        present = [f"{count}" for count in account.present.values()]
        lost = [f"{account.missing}" for _ in missing]
        extremes = [_named(account, min), _named(account, max)]
        table.add_row(account.task.name, f"{account.task.kind} ({_described(account)})", *present, *lost, *extremes)
    return table


def balance_table(accounts: Sequence[TaskAccount], most: int = 0) -> Table:
    """The share of each class among the training images that carry a label, and its test images.

    Args:
        accounts: of the tasks.
        most: classes of a task that are shown, half of them the commonest and half the rarest; 0 for all.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("task", "class", "training images", "share", "test images"):
        table.add_column(name, justify="left" if name in ("task", "class") else "right")
    for account in accounts:
        total = account.present.get(TRAIN, 0) or sum(account.present.values()) or 1
        ordered = sorted(account.classes.items(), key=lambda item: (-item[1], -account.tested.get(item[0], 0)))
        left_out = left_out_classes(account, most)
        commonest = (len(ordered) - left_out + 1) // 2
        for place, (name, count) in enumerate(ordered):
            if not left_out or not 0 <= place - commonest < left_out:
                tested = f"{account.tested.get(name, 0)}"
                table.add_row(account.task.name, name, f"{count}", f"{count / total:.1%}", tested)
            elif place == commonest:
                table.add_row(account.task.name, f"… {left_out} more …", "", "", "")
    return table


def left_out_classes(account: TaskAccount, most: int) -> int:
    """How many classes of a task its table leaves out where ``most`` are shown; none where that is 0."""
    left_out = len(account.classes) - most
    return left_out if most and left_out > 1 else 0  # a row says how many: it can as well be the class


def _described(account: TaskAccount) -> str:
    described = account.task.describe()
    if account.classes and len(described) > _SHOWN:
        return counted(len(account.classes), "class")
    return described if len(described) <= _MOST_SHOWN else f"{described[: _MOST_SHOWN - 1]}…"


def few_note(few: FewImages) -> str:
    """What to know of a protection that is fitted on few images."""
    measured = "; let mtlue audit measure it before you publish" if few.audited else ""
    return f"only {counted(few.images, 'training image')}: below {few.enough}, protection is doubtful{measured}"


def rare_notes(accounts: Sequence[TaskAccount], most: int = _NAMED) -> list[str]:
    """Notes on the classes that have too few training images, and on those that have too few test images.

    Args:
        most: classes that a note names: the rarest.
    """
    few = [(account.task, account.rare) for account in accounts]
    empty = _counted([(task, {name: count for name, count in counts.items() if not count}) for task, counts in few])
    rare = _counted([(task, {name: count for name, count in counts.items() if count}) for task, counts in few])
    uncounted = _counted([(account.task, account.uncounted) for account in accounts])
    notes = []
    if empty:
        notes.append(
            f"no training image at all{_named_first(empty, most)}; nothing is learnt of such a class: its files are "
            "absent or could not be read (they are listed as skipped), all of them are for testing, or "
            f"{param('limit_train')} left them out"
        )
    if rare:
        notes.append(
            f"fewer than {RARE} training images{_named_first(rare, most)}; scores for such classes are unreliable"
        )
    if uncounted:
        notes.append(
            f"fewer than {COUNTED_FROM} test images{_named_first(uncounted, most)}; one photo would decide too much, "
            "so such classes do not count in scores that are means over classes (balanced accuracy, AUC, average "
            "precision, mean IoU); accuracy is over all images"
        )
    return notes


def _named_first(classes: Sequence[str], most: int) -> str:
    """What follows the kind of class: the rarest, and how many there are where not all are named."""
    how_many = f" ({len(classes)} classes, the rarest first)" if len(classes) > most else ""
    return f"{how_many}: {listed(classes, most)}"


def _counted(classes: Sequence[tuple[Task, Mapping[str, int]]]) -> list[str]:
    """Classes with their images, those with the fewest first."""
    every = [(count, f"{task.name} '{name}' ({count})") for task, counts in classes for name, count in counts.items()]
    return [named for _, named in sorted(every, key=lambda one: one[0])]


def what_was_read(collection: Collection) -> str:
    """How many tasks were found in how many images, which only reading tells: columns may be no tasks, or several."""
    images = f"{many(len(collection.listing), 'image')} ({split_counts(collection.splits)})"
    return f"{counted(len(collection.tasks), 'task')}; {images}"


def print_tasks(collection: Collection) -> None:
    """What was left out and what was changed, then what will be protected, before anything is trained."""
    accounts = account_tasks(collection)
    err.print(what_was_read(collection))
    print_account(collection.skipped, collection.notes)
    out.print(task_table(accounts))
    print_account((), rare_notes(accounts))
    print_cached(collection)


def _named(account: TaskAccount, pick: Callable[..., str]) -> str:
    """The class that ``pick``, min or max, takes by its number of images; a dash where there are no classes."""
    if not account.classes:
        return "–"
    name = pick(account.classes, key=account.classes.__getitem__)
    return f"{name} ({account.classes[name]})"

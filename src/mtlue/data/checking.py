"""Everything that is wrong with options, a folder and its table, found before torch is imported."""

from collections.abc import Sequence

from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.data.recognition.layout import recognised
from mtlue.data.rows.reading import Found, RowSource
from mtlue.data.selection import with_tasks
from mtlue.data.sources import EMBEDDED, FOLDERS, source_of
from mtlue.data.sources.placed import check_options
from mtlue.tasks import Task


def check_dataset(options: DataOptions, tasks: Sequence[Task] | None = None) -> Found | None:
    """Refuse a dataset that :func:`mtlue.data.loading.load` would refuse, as far as that can be checked without torch.

    Looked at are the options, the folder, the text of its tables, the image of each row, ids, splits, the columns that
    are to hold tasks, and cells that are not what a tasks file says; no image and no label map is opened. Sources of
    other packages take part if they are a :class:`mtlue.data.rows.reading.RowSource`.

    Args:
        options: which dataset and how it is read.
        tasks: tasks that exist already, as a private folder or a release describes them; () if no label is read; None
            if the tasks are to be found.

    Example:
        >>> check_dataset(DataOptions("digits", limit_train=0, limit_test=0))
        Traceback (most recent call last):
        mtlue.faults.FaultsError: 2 things are wrong: (1) limit_train 0: give 1 or more; (2) limit_test 0: give 1 or
        more

    Returns:
        The tasks and splits, where the tables alone tell them.

    Raises:
        InputError: something is wrong. Several faults are one :class:`mtlue.faults.FaultsError`, which lists them all.
    """
    check_options(options)
    options = recognised(options)
    if options.source in EMBEDDED:
        return None
    if options.source in FOLDERS:
        require_folder(options)
    source = source_of(options.dataset)
    if isinstance(source, RowSource):
        return source.check(options, tasks)
    if options.source in FOLDERS:
        with_tasks(source(options, tasks), options, tasks)
    return None

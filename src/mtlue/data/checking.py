"""Everything that is wrong with options, a folder and its table, found before torch is imported."""

from mtlue.data.files.folders import require_folder
from mtlue.data.options import DataOptions
from mtlue.data.sources import FOLDERS, SOURCES, source_of


def check(options: DataOptions) -> None:
    """Refuse a dataset that :func:`mtlue.data.loading.load` would refuse, as far as that can be told without torch.

    The options, the folder, the text of its tables, the image of each row, ids, splits, and cells that are not what a
    tasks file says are looked at; no image is opened. A source takes part by a method ``check(options)``, as every
    :class:`mtlue.data.rows.reading.RowSource` does.

    Example:
        >>> check(DataOptions("digits", limit_train=0, size=4))
        Traceback (most recent call last):
        mtlue.faults.FaultsError: 2 things are wrong: (1) limit_train 0: give 1 or more; (2) size 4x4 is too small: ...

    Raises:
        InputError: something is wrong. Several faults are one :class:`mtlue.faults.FaultsError`, which lists them all.
    """
    SOURCES.choice(options.dataset)  # an unknown name, or setting, first: everything else depends on it
    options.check()
    if options.source in FOLDERS:
        require_folder(options)
    examine = getattr(source_of(options.dataset), "check", None)
    if examine is not None:
        examine(options)

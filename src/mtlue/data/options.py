"""What a user may say about a dataset: one dataclass for every command. Imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from mtlue.errors import InputError, param
from mtlue.faults import Faults
from mtlue.imaging.sizes import RANGE_REMEDY, check_sizes, is_range, sides
from mtlue.registry.python_options import declare

AUTO = "auto"
"""The source that is found by looking at the folder."""
LARGER_SHARE = f"a larger share of them for testing ({param('test_fraction')})"
"""What gives more test images where no split is given."""


@dataclass(frozen=True)
class DataOptions:
    """Which images and labels to read, and how.

    Args:
        dataset: how images and labels are laid out: auto looks at the folder; or the name of a source, such as table
            or celeba, with its settings if it has any, as in shards:pattern=*.tar.
        data: folder that holds the images, or a zip file of it, which is unpacked into the cache; refused for embedded
            datasets (digits, scenes), which have none.
        size: side, or height and width, in pixels that images are stored and released at.
        crop: side, or height and width, that a learner sees of them.
        flip: whether training mirrors images left to right.
        channels: 1 for grey, 3 for colour; by default what the files have.
        value_range: numbers shown as black and as white, of files whose numbers are wider than a byte (16-bit, float);
            by default the smallest usual range (0 to 1, 255, 1023, 4095, 16383, 65535) that holds those of all files.
        limit_train: use at most this many training images, chosen by the hash of their id.
        limit_test: use at most this many test images, chosen by the hash of their id.
        test_fraction: share of the images held out for testing where the data name no split.
        labels: table of labels (CSV, TSV, JSONL, or Parquet, which may hold the images too), for the source table;
            found in the folder by default. Its path may be relative to the data folder.
        test_labels: a second table whose rows are the test images.
        split_table: a second table that assigns each image to train or test, where the table of labels does not.
        image_column: column that names the image file; found by default.
        id_column: column that names the id; by default the column 'id', else the file's path.
        split_column: column that says train or test; by default the column 'split' where there is one. 'none' takes
            no column: a share of the images is held out.
        pattern: for filenames: a regular expression (RE2: no lookahead, no backreference) with one named group for each
            task.
        tasks: tasks to protect, or a YAML file of rules for a table's columns; by default all that hold labels.
        data_seed: seed of embedded data.
        cache: folder for decoded images; by default $MTLUE_CACHE, else the user's cache folder.
        no_cache: decode into memory, and keep nothing.

    >>> options = DataOptions("scenes", size=48, limit_train=200)
    >>> options.check()
    >>> options.test_fraction
    0.2
    >>> DataOptions("scenes", limit_train=0).check()
    Traceback (most recent call last):
        ...
    mtlue.errors.InputError: limit_train 0: give 1 or more
    """

    dataset: str = AUTO
    data: Path | None = None
    size: int | tuple[int, int] | None = None
    crop: int | tuple[int, int] | None = None
    flip: bool | None = None
    channels: int | None = None
    value_range: tuple[float, float] | None = None
    limit_train: int | None = None
    limit_test: int | None = None
    test_fraction: float = 0.2
    labels: Path | None = None
    test_labels: Path | None = None
    split_table: Path | None = None
    image_column: str | None = None
    id_column: str | None = None
    split_column: str | None = None
    pattern: str | None = None
    tasks: list[str] | None = None
    data_seed: int = 0
    cache: Path | None = None
    no_cache: bool = False

    def __post_init__(self) -> None:
        declare(self)

    @classmethod
    def of(cls, data: DataOptions | Path | str) -> DataOptions:
        """Options as they are; a path alone is a folder or a zip file whose layout is found.

        >>> DataOptions.of("photos").data.name
        'photos'

        Raises:
            InputError: it is neither.
        """
        if not isinstance(data, DataOptions | Path | str):
            raise InputError(f"{data!r} names no data: give a path, or mtlue.DataOptions")
        return data if isinstance(data, DataOptions) else cls(data=Path(data))

    def cache_folder(self) -> Path | None:
        """Where decoded pixels are kept; None where they are not."""
        if self.no_cache:
            return None
        folder = self.cache or os.environ.get("MTLUE_CACHE")
        return Path(folder) if folder else user_cache_path("mtlue")

    @property
    def source(self) -> str:
        """The name of the source, without its settings."""
        return self.dataset.partition(":")[0]

    def check(self) -> None:
        """Refuse values that mean nothing.

        Raises:
            InputError: names the parameters, all that are wrong at once.
        """
        faults = Faults()
        faults.add(*self._out_of_range())
        with faults.gathered():
            check_sizes(sides(self.size), sides(self.crop), None, self.channels)
        if self.test_labels is not None and self.split_table is not None:
            faults.add(
                f"{param('test_labels')} and {param('split_table')} both say which images are for testing: "
                "leave one of them out"
            )
        if self.tasks is not None and (not self.tasks or len(set(self.tasks)) < len(self.tasks)):
            faults.add(f"{param('tasks')} {' '.join(self.tasks) or '(none)'}: name at least one column, each once")
        faults.check()

    def _out_of_range(self) -> Iterator[str]:
        for name in ("limit_train", "limit_test"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                yield f"{param(name)} {limit}: give 1 or more"
        if self.data_seed < 0:
            yield f"{param('data_seed')} {self.data_seed}: give 0 or more"
        if self.value_range is not None and not is_range(self.value_range):
            low, high = self.value_range
            yield f"{param('value_range')} {low:g} {high:g}: {RANGE_REMEDY}"
        if not 0 <= self.test_fraction < 1:
            yield f"{param('test_fraction')} {self.test_fraction:g}: give a share from 0 to less than 1"

"""What a user may say about a dataset. One dataclass for every command; imports nothing heavy."""

import math
import os
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from mtlue.errors import InputError


@dataclass(frozen=True)
class DataOptions:
    """Which images and labels to read, and how.

    Args:
        dataset: name of the source: digits, scenes, utkface, celeba, chestxray14, nyuv2, table, imagefolder or
            filenames.
        data: folder that holds the images (embedded datasets need none).
        size: side, or height and width, in pixels that images are stored and released at.
        crop: side, or height and width, that a learner sees of them.
        flip: whether training mirrors images left to right.
        channels: 1 for grey, 3 for colour; by default what the files have.
        value_range: numbers shown as black and as white, of files whose numbers are wider than a byte (16-bit, float);
            by default the smallest usual range (0 to 1, 255, 1023, 4095, 16383, 65535) that holds those of all files.
        limit_train: use at most this many training images, chosen by the hash of their id.
        limit_test: use at most this many test images, chosen by the hash of their id.
        test_fraction: share of the images held out for testing where the data name no split.
        labels: table of labels (CSV, TSV, Parquet, JSONL), for the source table; found in the folder by default.
        test_labels: a second table whose rows are the test images.
        image_column: column that names the image file; found by default.
        id_column: column that names the id; by default the column 'id', else the file's path.
        split_column: column that says train or test; by default the column 'split' where there is one.
        pattern: for filenames: a regular expression (RE2: no lookahead, no backreference) with one named group a task.
        tasks: tasks to protect, or a YAML file of rules for a table's columns; by default all that hold labels.
        data_seed: seed of embedded data.
        cache: folder for what was decoded; by default $MTLUE_CACHE, else the user's cache folder.
        no_cache: decode into memory, and keep nothing.
    """

    dataset: str
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
    image_column: str | None = None
    id_column: str | None = None
    split_column: str | None = None
    pattern: str | None = None
    tasks: list[str] | None = None
    data_seed: int = 0
    cache: Path | None = None
    no_cache: bool = False

    def cache_folder(self) -> Path | None:
        """Where decoded pixels are kept; None where they are not."""
        if self.no_cache:
            return None
        chosen = self.cache or os.environ.get("MTLUE_CACHE")
        return Path(chosen) if chosen else user_cache_path("mtlue")

    def check(self) -> None:
        """Refuse values that mean nothing.

        Raises:
            InputError: names the flag.
        """
        for flag, limit in (("--limit-train", self.limit_train), ("--limit-test", self.limit_test)):
            if limit is not None and limit < 1:
                raise InputError(f"{flag} {limit}: give 1 or more")
        for flag, given, dataset in (
            ("--pattern", self.pattern, "filenames"),
            ("--labels", self.labels, "table"),
            ("--test-labels", self.test_labels, "table"),
        ):
            if given is not None and self.dataset != dataset:
                raise InputError(f"{flag} goes with --dataset {dataset}, not with {self.dataset}: leave it out")
        if self.data_seed < 0:
            raise InputError(f"--data-seed {self.data_seed}: give 0 or more")
        if self.value_range is not None and not -math.inf < self.value_range[0] < self.value_range[1] < math.inf:
            low, high = self.value_range
            raise InputError(f"--value-range {low:g} {high:g}: give the number of black, then the greater one of white")
        if not 0 <= self.test_fraction < 1:
            raise InputError(f"--test-fraction {self.test_fraction:g}: give a share from 0 to less than 1")
        if self.tasks is not None and (not self.tasks or len(set(self.tasks)) < len(self.tasks)):
            raise InputError(f"--tasks {' '.join(self.tasks) or '(none)'}: name one column at least, each once")

"""UTKFace in its official layout: [age]_[gender]_[race]_[date&time].jpg, also with .chip.jpg; flat or in part1..3."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtlue.data.files.folders import find_files, require_folder
from mtlue.data.listing import Listing, Skipped
from mtlue.data.options import LARGER_SHARE, DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.splits import hashed_split
from mtlue.data.sources.published import PublishedSource
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError, param
from mtlue.tasks import Categorical, Task
from mtlue.wording import counted

OLDEST = 116
"""The largest age in the published set."""
AGE_BOUNDS = (2, 9, 19, 29, 39, 49, 59, 69)
"""Largest age of each bin but the last (method.md, "Datasets and pipelines")."""
TASKS = (
    Categorical("age", ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+")),
    Categorical("race", ("white", "black", "asian", "indian", "other")),
    Categorical("gender", ("male", "female")),
)
PIPELINE = Pipeline(size=(140, 140), crop=(128, 128), flip=True, channels=3)

_NAME = re.compile(r"(\d{1,3})_([01])_([0-4])_(\d{15,17})\.jpg(\.chip\.jpg)?", re.IGNORECASE)
_MOST_NAMED = 0.9
"""Share of names that tell the dataset: the published set holds a few others."""


class UTKFace(PublishedSource):
    """The source ``utkface``: age (9 bins), race (5) and gender (2) from the file names."""

    title = "UTKFace"

    def recognises(self, files: ImageFiles) -> bool:
        """Whether nearly all files are named as UTKFace names them."""
        named = sum(_NAME.fullmatch(Path(file).name) is not None for file in files.names)
        return len(files.names) > 1 and named >= _MOST_NAMED * len(files.names)

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The images with their labels."""
        root = require_folder(options)
        files, labels, skipped = [], [], []
        for file in find_files(root):
            match = _NAME.fullmatch(Path(file).name)
            if match is None:
                skipped.append(Skipped(file, "its name is not [age]_[gender]_[race]_[date&time].jpg"))
                continue
            files.append(file)
            labels.append(_labels(match))
        if not files:
            raise InputError(
                f"no file below {root} is named as UTKFace names them ([age]_[gender]_[race]_[date&time].jpg): "
                f"point {param('data')} at the unpacked dataset"
            )
        columns = np.array(labels, np.int64).T
        return Listing(
            tasks=TASKS,
            ids=files,
            files=files,
            splits=[hashed_split(file, options.test_fraction) for file in files],
            labels={task.name: column for task, column in zip(TASKS, columns, strict=True)},
            pipeline=PIPELINE,
            root=root,
            skipped=skipped,
            notes=_old(files),
            more_tests=LARGER_SHARE,
        )


def _old(files: Sequence[str]) -> list[str]:
    """A note on ages that no one in the published set has: a slip, or a number that is something else."""
    older = [file for file in files if int(Path(file).name.split("_")[0]) > OLDEST]
    if not older:
        return []
    files_name = counted(len(older), "file names", "files name")
    return [f"{files_name} an age over {OLDEST}, such as {older[0]}: such a face counts as {TASKS[0].classes[-1]}"]


def _labels(match: re.Match[str]) -> tuple[int, int, int]:
    """(age bin, race, gender), as ``TASKS`` orders them."""
    age, gender, race = (int(match.group(i)) for i in (1, 2, 3))
    return bisect_left(AGE_BOUNDS, age), race, gender

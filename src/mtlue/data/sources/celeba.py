"""CelebA in its official layout: img_align_celeba/, list_attr_celeba.txt and list_eval_partition.txt."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from mtlue.data.folders import find_folder_of, require_folder, require_unique
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tasks import Categorical, Task

ATTRIBUTES = "list_attr_celeba.txt"
PARTITION = "list_eval_partition.txt"
IMAGES = "img_align_celeba"
SPLITS = {"0": TRAIN, "1": "val", "2": TEST}
PIPELINE = Pipeline(size=(70, 70), crop=(64, 64), flip=True, center_crop=140, channels=3)


def read_celeba(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``celeba``: the attributes that the file names (40 in the official one) as binary tasks."""
    root = find_folder_of(ATTRIBUTES, require_folder(options))
    names, files, values = _read_attributes(root / ATTRIBUTES)
    splits = _read_partition(root / PARTITION)
    present = _present(root / IMAGES)
    skipped = [Skipped(f"{IMAGES}/{file}", reason) for file in files if (reason := _fault(file, present, splits))]
    skipped += [
        Skipped(f"{IMAGES}/{file}", f"{PARTITION} names it, {ATTRIBUTES} does not")
        for file in sorted(splits.keys() - set(files))
    ]
    unnamed = sorted(present - splits.keys() - set(files))
    skipped += [Skipped(f"{IMAGES}/{file}", f"neither {ATTRIBUTES} nor {PARTITION} names it") for file in unnamed]
    keep = [i for i, file in enumerate(files) if not _fault(file, present, splits)]
    if not keep:
        raise InputError(f"no image that {root / ATTRIBUTES} names is in {root / IMAGES}: unpack the images there")
    labels = torch.from_numpy(values[keep]).unbind(1)
    paths = [f"{IMAGES}/{files[i]}" for i in keep]
    return Listing(
        tasks=tuple(Categorical(name, ("no", "yes")) for name in names),
        ids=paths,
        files=paths,
        splits=[splits[files[i]] for i in keep],
        labels=dict(zip(names, labels, strict=True)),
        pipeline=PIPELINE,
        root=root,
        skipped=skipped,
    )


def _read_attributes(path: Path) -> tuple[list[str], list[str], "np.ndarray[tuple[int, int], np.dtype[np.int64]]"]:
    """(attribute names, file names, labels [N, A] of 0 and 1)."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if len(lines) < 3 or not lines[0].strip().isdigit():
        raise InputError(f"{path} should begin with the number of images and a line of attribute names")
    names, files, rows = lines[1].split(), [], []
    for number, line in enumerate(lines[2:], start=3):
        if not line.strip():
            continue
        file, *values = line.split()
        if len(values) != len(names) or not set(values) <= {"1", "-1"}:
            raise InputError(
                f"line {number} of {path} ({file}) should hold {len(names)} values of 1 or -1, one for each attribute "
                f"of line 2, and holds {len(values)}: get the file again"
            )
        files.append(file)
        rows.append(values)
    require_unique(files, str(path))
    if int(lines[0]) != len(files):
        raise InputError(f"{path} says it lists {lines[0].strip()} images and lists {len(files)}: get the file again")
    return names, files, (np.array(rows) == "1").astype(np.int64)


def _read_partition(path: Path) -> dict[str, str]:
    """File name -> split."""
    if not path.is_file():
        raise InputError(f"{path} is missing: it says which images are for training and for testing")
    splits = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        words = line.split()
        if words and (len(words) != 2 or words[1] not in SPLITS):
            raise InputError(f"line {number} of {path} should be a file name and 0, 1 or 2, not '{line}'")
        if words:
            splits.append((words[0], SPLITS[words[1]]))
    require_unique([name for name, _ in splits], str(path))
    return dict(splits)


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()


def _fault(file: str, present: set[str], splits: dict[str, str]) -> str | None:
    if file not in present:
        return f"{ATTRIBUTES} names it, but there is no such file"
    return None if file in splits else f"{PARTITION} does not name it"

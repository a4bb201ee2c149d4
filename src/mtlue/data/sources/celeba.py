"""CelebA in its official layout: img_align_celeba/, list_attr_celeba.txt and list_eval_partition.txt.

Kaggle's copy is read too: the lists as CSV files, and a second img_align_celeba/ inside the first.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtlue.data.files.folders import find_folder_of, folder_and_those_in_it, require_folder, require_unique
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources.published import PublishedSource
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError
from mtlue.tables.reading import read_label_table
from mtlue.tasks import Categorical, Task

ATTRIBUTES = "list_attr_celeba"
PARTITION = "list_eval_partition"
OFFICIAL, KAGGLE = ".txt", ".csv"
IMAGES = "img_align_celeba"
SPLITS = {"0": TRAIN, "1": "val", "2": TEST}
PIPELINE = Pipeline(size=(70, 70), crop=(64, 64), flip=True, center_crop=140, channels=3)


class CelebA(PublishedSource):
    """The source ``celeba``: the attributes that the file names (40 in the official one) as binary tasks."""

    title = "CelebA"

    def recognises(self, files: ImageFiles) -> bool:
        """Whether both lists lie in the folder or in one of its folders."""
        folders = folder_and_those_in_it(files.root)
        return any(all(_has_list(folder, name) for name in (ATTRIBUTES, PARTITION)) for folder in folders)

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The images with their labels."""
        root, attributes, partition = _find_lists(require_folder(options))
        read = _read_attributes if attributes.suffix == OFFICIAL else _read_attribute_table
        names, files, values = read(attributes)
        splits = _read_partition(partition)
        images = _image_folder(root)
        present = _present(root / images)
        lists = (attributes.name, partition.name)
        skipped = [
            Skipped(f"{images}/{file}", reason) for file in files if (reason := _fault(file, present, splits, lists))
        ]
        skipped += [
            Skipped(f"{images}/{file}", f"{partition.name} names it, {attributes.name} does not")
            for file in sorted(splits.keys() - set(files))
        ]
        unnamed = sorted(present - splits.keys() - set(files))
        skipped += [
            Skipped(f"{images}/{file}", f"neither {attributes.name} nor {partition.name} names it") for file in unnamed
        ]
        keep = [i for i, file in enumerate(files) if not _fault(file, present, splits, lists)]
        if not keep:
            raise InputError(
                f"none of the images that {attributes} names is in {root / images}: unpack the images there"
            )
        labels = values[keep].T
        paths = [f"{images}/{files[i]}" for i in keep]
        return Listing(
            tasks=tuple(Categorical(name, ("no", "yes")) for name in names),
            ids=paths,
            files=paths,
            splits=[splits[files[i]] for i in keep],
            labels=dict(zip(names, labels, strict=True)),
            pipeline=PIPELINE,
            root=root,
            skipped=skipped,
            split_advice=f"unpack images that {partition.name} puts there",
        )


def _has_list(folder: Path, name: str) -> bool:
    return any((folder / (name + suffix)).is_file() for suffix in (OFFICIAL, KAGGLE))


def _find_lists(folder: Path) -> tuple[Path, Path, Path]:
    """(root, the list of attributes, the list of splits): the official ones, else Kaggle's."""
    try:
        root, suffix = find_folder_of(ATTRIBUTES + OFFICIAL, folder), OFFICIAL
    except InputError as error:
        try:
            root, suffix = find_folder_of(ATTRIBUTES + KAGGLE, folder), KAGGLE
        except InputError:
            raise error from None
    partition = next(
        (root / (PARTITION + end) for end in (suffix, KAGGLE) if (root / (PARTITION + end)).is_file()), None
    )
    if partition is None:
        missing = root / (PARTITION + suffix)
        raise InputError(f"{missing} is missing: it says which images are for training and for testing")
    return root, root / (ATTRIBUTES + suffix), partition


def _image_folder(root: Path) -> str:
    """Kaggle's archive has a folder of the same name in the folder of images."""
    return f"{IMAGES}/{IMAGES}" if (root / IMAGES / IMAGES).is_dir() else IMAGES


def _read_attribute_table(path: Path) -> tuple[list[str], list[str], "np.ndarray[tuple[int, int], np.dtype[np.int64]]"]:
    """The same out of Kaggle's CSV: a column of file names, then one for each attribute."""
    table = read_label_table(path)
    frame = table.frame
    names = list(frame.columns[1:])
    if not names or frame.empty:
        raise InputError(
            f"{path} should hold a column of file names and one for each attribute: download the file again"
        )
    files = [str(file).strip() for file in frame.iloc[:, 0]]
    values = frame[names]
    wrong = ~values.isin(["1", "-1"])
    if wrong.to_numpy().any():
        row, column = np.argwhere(wrong.to_numpy())[0]
        raise InputError(
            f"{table.place(row)} of {path} ({files[row]}) should hold 1 or -1 for {names[column]}, not "
            f"'{values.iloc[row, column]}': download the file again"
        )
    require_unique(files, str(path))
    return names, files, (values.to_numpy() == "1").astype(np.int64)


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
                f"of line 2, but holds {len(values)}: download the file again"
            )
        files.append(file)
        rows.append(values)
    require_unique(files, str(path))
    if int(lines[0]) != len(files):
        raise InputError(
            f"{path} says it lists {lines[0].strip()} images, but lists {len(files)}: download the file again"
        )
    return names, files, (np.array(rows) == "1").astype(np.int64)


def _read_partition(path: Path) -> dict[str, str]:
    """File name -> split, from lines of a name and 0, 1 or 2; Kaggle's have a comma between them, and a header."""
    lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    splits = []
    for number, line in enumerate(lines, start=1):
        words = line.replace(",", " ").split() if path.suffix == KAGGLE else line.split()
        if not words or (number == 1 and path.suffix == KAGGLE):
            continue
        if len(words) != 2 or words[1] not in SPLITS:
            raise InputError(f"line {number} of {path} should be a file name and 0, 1 or 2, not '{line}'")
        splits.append((words[0], SPLITS[words[1]]))
    require_unique([name for name, _ in splits], str(path))
    return dict(splits)


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()


def _fault(file: str, present: set[str], splits: dict[str, str], lists: tuple[str, str]) -> str | None:
    if file not in present:
        return f"{lists[0]} names it, but there is no such file"
    return None if file in splits else f"{lists[1]} does not name it"

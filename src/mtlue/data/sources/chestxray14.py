"""ChestX-ray14 in its official layout: Data_Entry_2017*.csv, the two split lists, images flat or in parts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mtlue.data.files.folders import find_files, require_folder, require_unique
from mtlue.data.listing import TEST, TRAIN, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources.published import PublishedSource
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError, param
from mtlue.tables.reading import read_label_table
from mtlue.tasks import Categorical, Task
from mtlue.wording import counted

FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Effusion",
    "Infiltration",
    "Mass",
    "Nodule",
    "Pneumonia",
    "Pneumothorax",
    "Consolidation",
    "Edema",
    "Emphysema",
    "Fibrosis",
    "Pleural_Thickening",
    "Hernia",
)
TASKS = tuple(Categorical(finding, ("no", "yes")) for finding in FINDINGS)
NO_FINDING = "No Finding"
TABLES = "Data_Entry_2017*.csv"
LISTS = {"train_val_list.txt": TRAIN, "test_list.txt": TEST}
PIPELINE = Pipeline(size=(128, 128), crop=(112, 112), flip=True, channels=1)

_IMAGE, _LABELS = "Image Index", "Finding Labels"


class ChestXray14(PublishedSource):
    """The source ``chestxray14``: 14 findings as binary tasks, from the column 'Finding Labels'."""

    title = "ChestX-ray14"

    def recognises(self, files: ImageFiles) -> bool:
        """Whether the table and both lists lie in the folder."""
        tables = list(files.root.glob(TABLES))
        return len(tables) == 1 and all((files.root / name).is_file() for name in LISTS)

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The images with their labels."""
        root = require_folder(options)
        table = _find_table(root)
        findings = _read_findings(table)
        files = find_files(root)
        require_unique([Path(file).name for file in files], str(root))
        places = {Path(file).name: file for file in files}
        splits, skipped = _read_splits(root), []
        names = []
        for name in findings:
            if name not in places:
                skipped.append(Skipped(name, f"{table.name} names it, but there is no such file"))
            elif name not in splits:
                skipped.append(Skipped(name, f"neither of {' and '.join(LISTS)} names it"))
            else:
                names.append(name)
        lost = sorted((places.keys() | splits.keys()) - findings.keys())
        skipped += [Skipped(places.get(name, name), f"{table.name} does not name it") for name in lost]
        if not names:
            raise InputError(f"none of the images that {table} names is below {root}: unpack the images there")
        labels = np.array([[finding in findings[name] for finding in FINDINGS] for name in names], np.int64).T
        return Listing(
            tasks=TASKS,
            ids=names,
            files=[places[name] for name in names],
            splits=[splits[name] for name in names],
            labels=dict(zip(FINDINGS, labels, strict=True)),
            pipeline=PIPELINE,
            root=root,
            skipped=skipped,
            notes=_contradictions(findings),
            split_advice=f"unpack images that {' and '.join(LISTS)} name",
        )


def _contradictions(findings: dict[str, set[str]]) -> list[str]:
    """A note on images labelled as showing both nothing and something."""
    both = [name for name, of_image in findings.items() if NO_FINDING in of_image and len(of_image) > 1]
    if not both:
        return []
    images_have = counted(len(both), "image has", "images have")
    return [f"{images_have} '{NO_FINDING}' as well as findings, such as {both[0]}: the findings count"]


def _find_table(root: Path) -> Path:
    tables = sorted(root.glob(TABLES))
    if len(tables) != 1:
        raise InputError(
            f"{root} should hold one {TABLES}, but holds {len(tables)}: point {param('data')} at the unpacked dataset"
        )
    return tables[0]


def _read_findings(table: Path) -> dict[str, set[str]]:
    """Image name -> its findings. Both known headers begin with the two columns that are read."""
    frame = read_label_table(table).frame
    absent = next((name for name in (_IMAGE, _LABELS) if name not in frame.columns), None)
    if absent is not None:
        raise InputError(f"{table} has no column '{absent}': download the file again")
    names, cells = ([str(cell or "").strip() for cell in frame[name]] for name in (_IMAGE, _LABELS))
    require_unique(names, str(table))
    findings = {name: set(cell.split("|")) for name, cell in zip(names, cells, strict=True)}
    unknown = Counter(f for labels in findings.values() for f in labels if f not in FINDINGS and f != NO_FINDING)
    if unknown:
        name = next(name for name, labels in findings.items() if labels & unknown.keys())
        raise InputError(
            f"{table}: finding '{next(iter(unknown))}' (of {name}) is unknown (known: {', '.join(FINDINGS)})"
        )
    return findings


def _read_splits(root: Path) -> dict[str, str]:
    """Image name -> split, from the official lists."""
    splits: dict[str, str] = {}
    for file, split in LISTS.items():
        if not (root / file).is_file():
            raise InputError(f"{root / file} is missing: it says which images are for {split}ing")
        for name in (root / file).read_text(encoding="utf-8", errors="replace").split():
            if splits.setdefault(name, split) != split:
                raise InputError(f"{name} is in {' and in '.join(LISTS)}: an image is for training or for testing")
    return splits

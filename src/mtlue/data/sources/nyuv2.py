"""NYUv2 in the MTAN/LibMTL layout: {train,val}/{image,label,depth,normal}/{i}.npy."""

from collections.abc import Sequence
from pathlib import Path

from mtlue.data.files.folders import folder_and_those_in_it, require_folder
from mtlue.data.listing import TEST, TRAIN, LabelFiles, Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources.published import PublishedSource
from mtlue.data.transforms import Pipeline
from mtlue.errors import InputError, param
from mtlue.imaging.formats import ARRAY_SUFFIX
from mtlue.tasks import Depth, Normals, Segmentation, Task

CLASSES = (
    "bed",
    "books",
    "ceiling",
    "chair",
    "floor",
    "furniture",
    "objects",
    "picture",
    "sofa",
    "table",
    "tv",
    "wall",
    "window",
)
TASKS = {"label": Segmentation("segmentation", CLASSES), "depth": Depth("depth"), "normal": Normals("normals")}
"""Each task by the folder of its labels."""
IMAGES = "image"
SPLITS = {"train": TRAIN, "val": TEST}
PIPELINE = Pipeline(size=(288, 384), channels=3)


class NYUv2(PublishedSource):
    """The source ``nyuv2``: 13-class segmentation, depth (metres) and surface normals."""

    title = "NYUv2"

    def recognises(self, files: ImageFiles) -> bool:
        """Whether images and each kind of label lie in both splits' folders."""
        return any(
            all(_arrays(folder / split / part) for split in SPLITS for part in (IMAGES, *TASKS))
            for folder in folder_and_those_in_it(files.root)
        )

    def __call__(self, options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
        """The images with their labels."""
        root = _find_root(require_folder(options))
        ids: list[str] = []
        splits: list[str] = []
        skipped: list[Skipped] = []
        for folder, split in SPLITS.items():
            names = {part: _arrays(root / folder / part) for part in (IMAGES, *TASKS)}
            complete = set.intersection(*names.values())
            ids += [f"{folder}/{IMAGES}/{name}" for name in sorted(complete, key=_by_number)]
            splits += [split] * len(complete)
            for part, present in names.items():
                for name in sorted(present - complete, key=_by_number):
                    absent = " and ".join(f"{folder}/{other}/{name}" for other in names if name not in names[other])
                    skipped.append(Skipped(f"{folder}/{part}/{name}", f"there is no {absent}"))
        if not ids:
            raise InputError(
                f"no image in {root} has all its labels ({', '.join(TASKS)}): unpack the whole dataset there"
            )
        return Listing(
            tasks=tuple(TASKS.values()),
            ids=ids,
            files=ids,
            splits=splits,
            labels={
                task.name: LabelFiles([file.replace(f"/{IMAGES}/", f"/{part}/") for file in ids])
                for part, task in TASKS.items()
            },
            pipeline=PIPELINE,
            root=root,
            skipped=skipped,
            split_advice="put images into both folders, train and val",
        )


def _find_root(folder: Path) -> Path:
    """The folder that holds ``train`` and ``val``: the one given, or one in it."""
    for root in folder_and_those_in_it(folder):
        if all((root / split / IMAGES).is_dir() for split in SPLITS):
            return root
    absent = [f"{split}/{IMAGES}" for split in SPLITS if not (folder / split / IMAGES).is_dir()]
    raise InputError(
        f"there is no {' and no '.join(absent)} in {folder}: point {param('data')} at the unpacked dataset"
    )


def _arrays(folder: Path) -> set[str]:
    return {path.name for path in folder.glob(f"*{ARRAY_SUFFIX}")}


def _by_number(name: str) -> tuple[int, str]:
    stem = name.removesuffix(ARRAY_SUFFIX)
    return (int(stem) if stem.isdecimal() else -1, name)

"""From which folder a table's own place lets it name its images. Imports no torch."""

import posixpath

import pandas as pd

from mtlue.data.files.folders import locate
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.parts import TablePart


def named_from(part: TablePart, cells: "pd.Series[str]", files: ImageFiles) -> tuple[str, list[str]]:
    """The folder (with / below the root) that a table's paths begin at, and a note where it is not the table's own.

    Hugging Face's tables name images below their own folder. One table may be written otherwise, from the data folder
    (``images/metadata.csv`` that names ``images/1.png``), so that none of its paths leads anywhere: all are then read
    from the data folder, if one leads to an image there. No table is read in both ways: ``1.png`` that is missing below
    ``train`` must not be found elsewhere.

    Args:
        part: the table.
        cells: its column of images, None where a row names none.
        files: of the data folder.
    """
    names = [cell.replace("\\", "/") for cell in cells if cell]
    if _any_there(names, part.folder, files) or not _any_there(names, "", files):
        return part.folder, []
    return "", [
        f"{part.folder}/{part.path.name} names no image below its own folder, but some from {files.root}: all its "
        "names are read from there"
    ]


def _any_there(names: list[str], folder: str, files: ImageFiles) -> bool:
    """Whether a name leads to an image if it begins at a folder: as a path, or as people spell paths."""
    paths = [posixpath.join(folder, name) for name in names]
    return any(locate(files.root, path)[0] for path in paths) or any(files.index.find(path)[0] for path in paths)

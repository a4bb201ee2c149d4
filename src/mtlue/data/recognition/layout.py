"""How a folder is laid out: told from its files, and said in words. Imports no torch."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from mtlue.data.files.folders import require_folder
from mtlue.data.files.zipped import given_zip
from mtlue.data.options import AUTO, DataOptions
from mtlue.data.recognition.official import official_layout
from mtlue.data.recognition.shards import shards_in
from mtlue.data.recognition.tables import table_options
from mtlue.data.recognition.unlabelled import no_labels
from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.rows.image_tables import image_tables, rivals_of, ways
from mtlue.data.rows.parts import metadata_parts, shard_parts
from mtlue.data.rows.splits import means_contents
from mtlue.data.rows.unread import unread_tables
from mtlue.data.sources.class_folders import read_class_folders
from mtlue.data.sources.placed import check_options, named_as_folder
from mtlue.errors import InputError, param, way
from mtlue.faults import Faults, listed
from mtlue.tables.given import as_given
from mtlue.tables.reading import USUAL_NAMES, find_tables
from mtlue.wording import counted, many

_NAMED = 4
_MAPS = re.compile("mask|annot|label|seg|truth|target|gt|depth|normal")
"""What people call folders of label maps."""


@dataclass(frozen=True)
class Layout:
    """What a folder was taken for.

    Attributes:
        options: the same options, with the source and its tables named.
        text: what it is, in words.
    """

    options: DataOptions
    text: str


def recognised(options: DataOptions) -> DataOptions:
    """The options with their source named: the one that the folder is laid out for where they leave it open (``auto``).

    Raises:
        InputError: as :func:`layout_of`.
    """
    return layout_of(options).options if options.dataset == AUTO else options


def layout_of(options: DataOptions) -> Layout:
    """How the folder of images is laid out.

    A published dataset is told by its own files. Otherwise labels come from tables that name images, from Hugging
    Face's ``metadata`` tables, from shards (Parquet or tars with the images inside), or from folders, one for each
    class.

    Raises:
        InputError: nothing says the labels, or several things may; the text names the options that settle it.
    """
    if missing := named_as_folder(options):
        raise InputError(missing)
    files = ImageFiles(require_folder(options))
    if options.pattern is not None:
        return _layout(replace(options, dataset="filenames"), "labels in the names of the files", files)
    if any((options.labels, options.test_labels, options.split_table)):
        return _of_table(table_options(files, options) or replace(options, dataset="table"), files)
    return _of_dataset(options, files) or _of_tables(options, files) or _of_folders(options, files)


def _of_dataset(options: DataOptions, files: ImageFiles) -> Layout | None:
    """Of a published dataset, or in the form that Hugging Face publishes."""
    known = official_layout(files)
    if known is not None:
        named = replace(options, dataset=known[0])
        check_options(named)
        return _layout(named, f"{known[1]} in its official layout", files)
    usual = any(path.stem.lower() in USUAL_NAMES[1:] for path in find_tables(files.root))
    metadata = [] if usual else metadata_parts(files.root)
    if metadata:
        _refuse_rivals([part.path for part in metadata], options, files)
        names = [part.path.relative_to(files.root).as_posix() for part in metadata]
        text = f"Hugging Face's layout, with {listed(names, _NAMED)}"
        return _layout(replace(options, dataset="imagefolder"), text, files)
    held = shards_in(files)
    if held is not None:
        return Layout(replace(options, dataset="shards"), f"shards: {held}")
    shards = [] if files.names else shard_parts(files.root)
    if shards:
        text = f"Hugging Face's layout, images inside {counted(len(shards), 'Parquet file')}"
        return Layout(replace(options, dataset="table"), text)
    return None


def _refuse_rivals(metadata: Sequence[Path], options: DataOptions, files: ImageFiles) -> None:
    """Refuse Hugging Face's tables where others may hold the labels of the same images, too.

    Raises:
        InputError: says the options that settle it.
    """
    tables = image_tables(files, options, Faults())
    if rivals := rivals_of(metadata, tables, options, files.root):
        raise InputError(
            f"{files.root}: {listed([str(as_given(path, files.root)) for path in metadata], _NAMED)} and "
            f"{listed([str(as_given(one.path, files.root)) for one in rivals], _NAMED)} name images and may each hold "
            f"their labels: add {way(dataset='imagefolder')} or {ways('labels', rivals, files.root)}"
        )


def _of_tables(options: DataOptions, files: ImageFiles) -> Layout | None:
    found = table_options(files, options)
    return None if found is None else _of_table(found, files)


def _of_table(options: DataOptions, files: ImageFiles) -> Layout:
    parts = [f"a table, {options.labels}" if options.labels else "a table"]
    if options.test_labels:
        parts.append(f"with the test images in {options.test_labels}")
    if options.split_table:
        parts.append(f"with the split in {options.split_table}")
    return _layout(options, ", ".join(parts), files)


def _of_folders(options: DataOptions, files: ImageFiles) -> Layout:
    """One folder for each class.

    Raises:
        InputError: there are not several, or they seem to hold images and their label maps.
    """
    classes = sorted({*read_class_folders(files.names).classes.values()})
    if len(classes) < 2:
        raise InputError(no_labels(files, packed=given_zip(options) is not None))
    _refuse_twins(files)
    named = listed(classes, _NAMED)
    layout = _layout(replace(options, dataset="imagefolder"), f"a folder for each class ({named})", files)
    return replace(layout, text=layout.text + unread_tables(files.root, ()).passed_over())


def _refuse_twins(files: ImageFiles) -> None:
    """Refuse a folder named for label maps whose files have the names of those next to it.

    Raises:
        InputError: names two.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for file in files.names:
        names[str(PurePosixPath(file).parent)].add(PurePosixPath(file).stem)
    twins = _twins(sorted(names), names)
    if twins is not None:
        first, second = twins
        raise InputError(
            f"{files.root}: {first} and {second} hold files of the same names: if they are two classes, add "
            f"{way(dataset='imagefolder')}; if one holds a label map for each image of the other, write a table of "
            f"two columns that name both files, and add {param('dataset')} table {param('labels')} TABLE"
        )


def _twins(folders: Sequence[str], names: dict[str, set[str]]) -> tuple[str, str] | None:
    """Two folders next to each other with the same names of files, one of which may hold label maps of the other's.

    Numbered files are alike in many classes (``cat/001.jpg``, ``dog/001.jpg``), so the folders' own names count, too.
    """
    seen: dict[tuple[str, frozenset[str]], str] = {}
    for folder in folders:
        key = (str(Path(folder).parent), frozenset(names[folder]))
        if key in seen and (_means_maps(folder) or _means_maps(seen[key])):
            return seen[key], folder
        seen[key] = folder
    return None


def _means_maps(folder: str) -> bool:
    name = PurePosixPath(folder).name
    return _MAPS.search(name.lower()) is not None or means_contents(name)


def _layout(options: DataOptions, text: str, files: ImageFiles) -> Layout:
    return Layout(options, f"{text}; {many(len(files.names), 'image file')}" if files.names else text)

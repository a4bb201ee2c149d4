"""Images whose names hold their labels: a regular expression with one named group per task."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pandas as pd

from mtlue.data.files.folders import find_files, require_folder
from mtlue.data.listing import Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows.reading import RowSource
from mtlue.data.rows.rows import FILE, ROW, Rows, refuse_image_column
from mtlue.errors import InputError, param
from mtlue.tables.patterns import Pattern

EXAMPLE = f"{param('pattern')} '(?P<kind>[a-z]+)_(?P<season>[a-z]+)_.*'"


class FileNames(RowSource):
    """The source ``filenames``: each named group of the pattern is a column; ``id`` and ``split`` mean just that.

    The pattern must match the whole path below the folder, without the suffix, or else the whole name without it.
    """

    def rows(self, options: DataOptions, read_labels: bool) -> Rows:
        root = require_folder(options)
        pattern = _pattern(options)
        refuse_image_column(options, f"{root}, where names of files say the labels")
        rows, skipped = [], []
        for file in find_files(root):
            groups, reason = _labels(pattern, str(PurePosixPath(file).with_suffix("")))
            if groups is None:
                skipped.append(Skipped(file, reason))
            else:
                rows.append({**groups, FILE: file, ROW: f"the name of {file}"})
        name = f"{param('pattern')} '{options.pattern}'"
        if not rows:
            tried = f" (tried on '{skipped[0].name}' and {len(skipped) - 1} more)" if skipped else ": there is no image"
            raise InputError(f"no image name below {root} matches {name}{tried}")
        frame = pd.DataFrame(rows, columns=[*pattern.names, FILE, ROW], dtype=object)
        frame = frame.astype(object).where(frame.notna() & (frame != ""), None)
        return Rows(frame, root, name, skipped=skipped)


def _labels(pattern: Pattern, stem: str) -> tuple[Mapping[str, str | None] | None, str]:
    """What the groups hold for a path without its suffix; or None, and why."""
    try:
        return pattern.groups(stem) or pattern.groups(
            stem.rsplit("/", 1)[-1]
        ), f"its name does not match {param('pattern')}"
    except UnicodeEncodeError:
        return None, "its name is not UTF-8: rename it"


def _pattern(options: DataOptions) -> Pattern:
    if options.pattern is None:
        raise InputError(
            f"dataset '{options.dataset}' needs {param('pattern')}: one named group per task, as in {EXAMPLE}"
        )
    return Pattern(options.pattern, "pattern", EXAMPLE)

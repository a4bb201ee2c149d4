"""Images whose names hold their labels: a regular expression with one named group a task."""

import re
from collections.abc import Sequence

import pandas as pd

from mtlue.data.folders import find_files, require_folder
from mtlue.data.listing import Listing, Skipped
from mtlue.data.options import DataOptions
from mtlue.data.rows import FILE, ROW, Rows, to_listing
from mtlue.errors import InputError
from mtlue.tasks import Task

EXAMPLE = "--pattern '(?P<kind>[a-z]+)_(?P<season>[a-z]+)_.*'"


def read_filenames(options: DataOptions, tasks: Sequence[Task] | None) -> Listing:
    """The source ``filenames``: each named group of ``--pattern`` is a column; ``id`` and ``split`` mean just that.

    The pattern must match the whole path below the folder, without the suffix, or else the whole name without it.
    """
    root = require_folder(options)
    pattern = _pattern(options)
    rows, skipped = [], []
    for file in find_files(root):
        stem = file.rsplit(".", 1)[0]
        match = pattern.fullmatch(stem) or pattern.fullmatch(stem.rsplit("/", 1)[-1])
        if match is None:
            skipped.append(Skipped(file, "its name does not match --pattern"))
        else:
            rows.append({**match.groupdict(), FILE: file, ROW: f"the name of {file}"})
    if not rows:
        tried = f" (tried on '{skipped[0].name}' and {len(skipped) - 1} more)" if skipped else ": there is no image"
        raise InputError(f"no image name below {root} matches --pattern '{options.pattern}'{tried}")
    columns = [*pattern.groupindex, FILE, ROW]
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    frame = frame.astype(object).where(frame.notna() & (frame != ""), None)
    return to_listing(Rows(frame, root, f"--pattern '{options.pattern}'", skipped=skipped), options, tasks)


def _pattern(options: DataOptions) -> "re.Pattern[str]":
    if options.pattern is None:
        raise InputError(f"dataset '{options.dataset}' needs --pattern: one named group a task, as in {EXAMPLE}")
    try:
        pattern = re.compile(options.pattern)
    except re.error as error:
        raise InputError(f"--pattern '{options.pattern}' is no regular expression: {error}") from error
    if not pattern.groupindex:
        raise InputError(f"--pattern '{options.pattern}' has no named group: write one a task, as in {EXAMPLE}")
    return pattern

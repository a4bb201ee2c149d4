"""Names of files that come from elsewhere, uploads and archives, made safe before anything is written."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from mtlue.errors import InputError
from mtlue.visible import visible

_LONGEST, _DEEPEST = 255, 40
"""Bytes of a name, and folders inside each other."""
_DEBRIS = "__MACOSX"
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?", re.IGNORECASE | re.DOTALL)
"""Whole names, whatever their suffix, that Windows takes for a device."""


def safe_path(name: str) -> PurePosixPath | None:
    """Where a file goes below the folder that is filled; None for what systems leave behind (``.DS_Store``).

    A name that ends in a dot or a space stays: a release writes it as every system can hold it.

    Raises:
        InputError: the name leads out of the folder, or is none that every system can have.
    """
    parts = [part for part in name.split("/") if part != "."]  # some tools pack './a.jpg'
    if not parts:
        raise InputError(f"'{visible(name)}' is no file's name: rename it")
    for part in parts:
        if part in ("", ".."):
            raise InputError(f"'{visible(name)}' leads out of the folder, or is no file's name: nothing was written")
        if "\\" in part or ":" in part or visible(part) != part:
            raise InputError(f"'{visible(name)}' has a sign that not every system allows in a name: rename it")
        if DEVICES.fullmatch(part):
            raise InputError(f"'{visible(name)}' is the name of a device on Windows: rename it")
        if len(part.encode("utf-8", "surrogatepass")) > _LONGEST:
            raise InputError(f"'{visible(name)[:60]}…' is too long a name: rename it")
    if len(parts) > _DEEPEST:
        raise InputError(f"'{visible(name)[:60]}…' lies in more than {_DEEPEST} folders inside each other")
    if any(part.startswith(".") or part == _DEBRIS for part in parts):
        return None
    return PurePosixPath(*parts)

"""How pages call what was read."""

_LAYOUTS = ("table", "imagefolder", "filenames", "shards")
"""Names of sources that say how images lie, and not which they are."""


def called(dataset: str) -> str:
    """The name of a dataset, where it has one of its own.

    >>> called("utkface"), called("table")
    ('utkface', 'Your images')
    """
    return "Your images" if dataset in _LAYOUTS else dataset

"""How pages call what was read, and what was made of it."""

from mtlue.data.sources import ANYONES


def called(dataset: str) -> str:
    """The name of a dataset, where it has one of its own.

    >>> called("utkface"), called("table")
    ('utkface', 'Your images')
    """
    return "Your images" if dataset.partition(":")[0] in ANYONES else dataset


def release_in_words(dataset: str, method: str, epsilon: float, largest_change: int | None = None) -> str:
    """What was protected, how, and how strongly.

    >>> release_in_words("utkface", "tap", 8.0)
    "utkface, protected by the method 'tap': perturbed by at most 8 of 255 levels"
    >>> release_in_words("table", "em", 4.0, 55).partition("of 255 levels ")[2]
    'before encoding; as the lossy files are decoded, pixels differ from the clean images by at most 55'

    Args:
        dataset, method: their names.
        epsilon: in levels; it bounds the perturbation, and of lossless files the change of a pixel, too.
        largest_change: of a pixel, in levels, as lossy files are decoded; None of lossless ones, or where unknown.
    """
    text = f"{called(dataset)}, protected by the method '{method}': perturbed by at most {epsilon:g} of 255 levels"
    if largest_change is None:
        return text
    return (
        f"{text} before encoding; as the lossy files are decoded, pixels differ from the clean images by at most "
        f"{largest_change}"
    )

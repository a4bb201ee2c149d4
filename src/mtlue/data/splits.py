"""Words that people use for splits, in folders' and files' names."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from mtlue.data.listing import TEST, TRAIN

VALIDATION = "val"
SPLIT_WORDS = {
    "train": TRAIN,
    "training": TRAIN,
    "test": TEST,
    "testing": TEST,
    "eval": TEST,
    "evaluation": TEST,
    "val": VALIDATION,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "dev": VALIDATION,
}


def split_in(path: str) -> str | None:
    """The split that a file's name says, else the folder nearest to it, as Hugging Face reads them."""
    for part in reversed(PurePosixPath(path).parts):
        words = re.findall(r"[a-z]+", part.lower())
        split = next((SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS), None)
        if split is not None:
            return split
    return None


def with_test_split(splits: Sequence[str]) -> tuple[list[str], list[str]]:
    """The splits, and a note: where there is a validation split and none for testing, that one is for it."""
    if TEST in splits or VALIDATION not in splits:
        return list(splits), []
    note = "there is no split for testing: the validation images are used for it"
    return [TEST if split == VALIDATION else split for split in splits], [note]

"""Splits: the words that people use for them in names of folders and files, or a share chosen by hash."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from mtlue.data.listing import TEST, TRAIN
from mtlue.hashing import hash_fraction

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


_TRAIN_AND_VALIDATION = "trainval"
_NAMES_OF_CONTENTS = (
    "set sets data dataset datasets image images img imgs jpg jpeg png picture pictures photo photos sample samples "
    "file files folder split part"
)
_CONTENTS = frozenset(_NAMES_OF_CONTENTS.split(" "))
"""What people add to a split's name, or name a folder that says nothing about its contents."""
_WORD = re.compile(
    rf"({_TRAIN_AND_VALIDATION}|{'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})(set|data|images|imgs|img)?"
)


def split_of_folder(name: str) -> str | None:
    """The split that a folder is named for: by a word for it, alone or with words that say nothing more.

    ``train``, ``Train Images``, ``testing-set``, ``trainData``, ``val2017``; but not ``crash test`` or ``train_test``.
    """
    split, other_words = split_and_rest(name)
    return split if _CONTENTS.issuperset(other_words) else None


def split_and_rest(name: str) -> tuple[str | None, tuple[str, ...]]:
    """The split that one word of a name says, and the other words; None where no word or several say one."""
    words = _words(name)
    splits = [word for word in words if _WORD.fullmatch(word)]
    if len(splits) != 1:
        return None, tuple(words)
    match = _WORD.fullmatch(splits[0])
    return SPLIT_WORDS.get(match[1], TRAIN) if match else None, tuple(word for word in words if word != splits[0])


def holds_split_word(name: str) -> bool:
    """Whether some word of a name says a split."""
    return any(_WORD.fullmatch(word) for word in _words(name))


def means_contents(name: str) -> bool:
    """Whether a folder's name says nothing about its contents: ``images``, ``data``."""
    words = _words(name)
    return bool(words) and _CONTENTS.issuperset(words)


def _words(name: str) -> list[str]:
    """The words of a name in lower case; a capital after a lower-case letter begins one."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.findall(r"[^\W\d_]+", apart)]


def split_in(path: str) -> str | None:
    """The split that a file's name says, else the folder nearest to it, as Hugging Face reads them."""
    for part in reversed(PurePosixPath(path).parts):
        words = re.findall(r"[a-z]+", part.lower())
        split = next((SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS), None)
        if split is not None:
            return split
    return None


def misspelt(word: str) -> str | None:
    """The word for a split that a word is one slip of a finger away from; None where it is one, or its own.

    ``trian`` and ``tets``; but not ``trainA`` or ``train2``, which add to the word, nor ``rest``, which is another.
    """
    written = word.lower()
    if written in SPLIT_WORDS or not written.isalpha():
        return None
    return next((known for known in SPLIT_WORDS if len(known) >= _LONG and _one_slip(written, known)), None)


_LONG = 4
"""Letters of words that a slip can be told in."""


def _one_slip(written: str, known: str) -> bool:
    """Whether two letters are swapped; or, in words long enough, one is missing, added or another."""
    start = next(count for count in range(len(known), -1, -1) if written.startswith(known[:count]))
    mine, theirs = written[start:], known[start:]
    if mine[:2] == theirs[:2][::-1] and mine[2:] == theirs[2:]:
        return True
    alike = mine[1:] == theirs[1:] or mine == theirs[1:] or mine[1:] == theirs
    return len(known) > _LONG and not written.startswith(known) and alike


def hashed_split(identifier: str, test_fraction: float) -> str:
    """``test`` for a share of the ids, else ``train``: adding an image moves no other."""
    return TEST if hash_fraction(identifier, "split") < test_fraction else TRAIN


VALIDATION_TESTS = "there is no split for testing: the validation images are used for it"
"""A note of :func:`with_test_split`."""


def with_test_split(splits: Sequence[str]) -> tuple[list[str], list[str]]:
    """The splits, and a note: where there is a validation split and none for testing, that one is for it."""
    if TEST in splits or not any(map(_for_validation, splits)):
        return list(splits), []
    return [TEST if _for_validation(split) else split for split in splits], [VALIDATION_TESTS]


def _for_validation(split: str) -> bool:
    return SPLIT_WORDS.get(split.lower()) == VALIDATION

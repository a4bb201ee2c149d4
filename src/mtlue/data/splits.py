"""Words of a split column: which mean training and testing, and what the owner should know of the others."""

from collections import Counter
from collections.abc import Mapping, Sequence

from mtlue.data.columns.likeness import folded, note_on_alike
from mtlue.data.listing import TEST, TRAIN

SPLIT_NAMES = {"train": TRAIN, "training": TRAIN, "test": TEST, "testing": TEST}
VALIDATION_NAMES = frozenset({"val", "valid", "validation", "dev"})
"""Words for one and the same split, which is neither for training nor for testing."""
_SHOWN = 5


def read_splits(words: Sequence[str], column: str) -> tuple[list[str], list[str]]:
    """Each image's split, and notes on words that mean no split that is trained or tested on, or that look alike.

    Args:
        words: one an image, as the column holds them.
        column: its name.
    """
    counts = Counter(words)
    splits = {word: SPLIT_NAMES.get(str(folded(word)), word) for word in counts}
    notes = [_note_on_others(column, counts, splits), _note_on_merged(column, splits)]
    others = [word for word, split in splits.items() if split not in (TRAIN, TEST)]
    remedy = "they stay splits of their own; where they mean the same, write them alike"
    notes.append(note_on_alike(f"split column '{column}':", others, remedy))
    validation = [word for word in others if folded(word) in VALIDATION_NAMES]
    if len({folded(word) for word in validation}) > 1:
        notes.append(f"split column '{column}': {_quoted(validation)} usually mean one split: {remedy}")
    return [splits[word] for word in words], [note for note in notes if note]


def _note_on_others(column: str, counts: Mapping[str, int], splits: Mapping[str, str]) -> str | None:
    others = {word: counts[word] for word, split in splits.items() if split not in (TRAIN, TEST)}
    if not others:
        return None
    shown = ", ".join(f"'{word}' ({count})" for word, count in list(others.items())[:_SHOWN])
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return (
        f"split column '{column}' holds {shown}{more}: these images are released, and neither fitted nor tested on; "
        f"write {TRAIN} or {TEST} if they should be"
    )


def _note_on_merged(column: str, splits: Mapping[str, str]) -> str | None:
    """Words in different letters that are read as one split."""
    merged = {name: [word for word, split in splits.items() if split == name] for name in (TRAIN, TEST)}
    several = [f"{_quoted(words)} are read as {name}" for name, words in merged.items() if len(words) > 1]
    return f"split column '{column}': {', and '.join(several)}" if several else None


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(ascii(word) for word in words)

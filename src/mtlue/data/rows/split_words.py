"""Words of a split column: what the owner should know about words that name no known split, or that look alike."""

from collections import Counter
from collections.abc import Sequence

from mtlue.data.listing import TEST, TRAIN
from mtlue.data.rows.splits import SPLIT_WORDS, VALIDATION
from mtlue.faults import listed
from mtlue.tables.likeness import folded, note_on_alike

_SHOWN = 5
_APART = "they stay splits of their own; where they mean the same, write them alike"


def notes_on_words(words: Sequence[str], splits: Sequence[str], column: str) -> list[str]:
    """Notes on a split column.

    Args:
        words: what it holds, one per image.
        splits: what each was read as.
        column: its name.
    """
    counts = Counter(zip(words, splits, strict=True))
    read = dict(counts.keys())
    others = {word: count for (word, split), count in counts.items() if split not in (TRAIN, TEST)}
    notes = [
        *(_note_on_merged(column, name, [word for word in read if read[word] == name]) for name in (TRAIN, TEST)),
        _note_on_others(column, others),
        note_on_alike(f"split column '{column}':", _different(read), _APART),
        _note_on_validation(column, [word for word in others if SPLIT_WORDS.get(str(folded(word))) == VALIDATION]),
    ]
    return [note for note in notes if note]


def _different(read: dict[str, str]) -> list[str]:
    """The words, but one for all that are read as one split."""
    return list({split: word for word, split in read.items()}.values())


def _note_on_merged(column: str, split: str, words: Sequence[str]) -> str | None:
    return f"split column '{column}': {_quoted(words)} are read as {split}" if len(words) > 1 else None


def _note_on_others(column: str, counts: dict[str, int]) -> str | None:
    if not counts:
        return None
    words = listed([f"'{word}' ({count})" for word, count in counts.items()], _SHOWN)
    return (
        f"split column '{column}' holds {words}: these images are released, but used for neither fitting nor testing; "
        f"write {TRAIN} or {TEST} if they should be"
    )


def _note_on_validation(column: str, words: Sequence[str]) -> str | None:
    several = len({*map(folded, words)}) > 1
    return f"split column '{column}': {_quoted(words)} often mean one split: {_APART}" if several else None


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(ascii(word) for word in words)

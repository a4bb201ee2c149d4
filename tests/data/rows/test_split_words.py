"""What the owner should know about the words of a split column."""

from mtlue.data.rows.split_words import notes_on_words


def test_usual_words_need_no_note() -> None:
    assert notes_on_words(["train", "test"], ["train", "test"], "part") == []


def test_merged_other_and_validation_words_are_noted() -> None:
    words = ["Train", "training", "val", "valid", "extra", "test"]
    merged, others, validation = notes_on_words(words, ["train", "train", "val", "valid", "extra", "test"], "part")
    assert "'Train', 'training' are read as train" in merged
    assert "'val' (1), 'valid' (1), 'extra' (1): these images are released" in others
    assert "'val', 'valid' often mean one split" in validation

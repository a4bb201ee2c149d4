"""Words for splits in names."""

import pytest

from mtlue.data.rows.splits import (
    hashed_split,
    holds_split_word,
    means_contents,
    misspelt,
    split_and_rest,
    split_in,
    split_of_folder,
    with_test_split,
)


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("Train Images", "train"),
        ("testing-set", "test"),
        ("trainData", "train"),
        ("val2017", "val"),
        ("trainval", "train"),
        ("crash test", None),
        ("train_test", None),
        ("cats", None),
    ],
)
def test_folders_named_for_a_split(name: str, split: str | None) -> None:
    assert split_of_folder(name) == split


def test_what_else_a_name_says() -> None:
    assert split_and_rest("seg_train") == ("train", ("seg",))
    assert holds_split_word("crash test")
    assert means_contents("images")
    assert not means_contents("cats")
    assert split_in("data/train-00000-of-00002.parquet") == "train"
    assert split_in("test/0000.parquet") == "test"
    assert split_in("small/0000.parquet") is None


def test_validation_images_test_where_nothing_else_does() -> None:
    assert with_test_split(["train", "Val"]) == (
        ["train", "test"],
        ["there is no split for testing: the validation images are used for it"],
    )
    assert with_test_split(["val", "test"]) == (["val", "test"], [])
    assert {hashed_split(str(i), 0.5) for i in range(40)} == {"train", "test"}
    assert hashed_split("a", 0) == "train"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("trian", "train"),
        ("Trainng", "training"),
        ("trein", "train"),
        ("ttrain", "train"),
        ("tets", "test"),
        ("vlaid", "valid"),
        *((word, None) for word in ("train", "Test", "val", "rest", "text", "tests", "trainA", "train2", "extra", "")),
    ],
)
def test_a_slip_of_the_finger_is_told_from_a_split_of_its_own(word: str, meant: str | None) -> None:
    assert misspelt(word) == meant

"""A listing: one row per image in every column, whatever holds the labels."""

import copy
import pickle

import numpy as np
import torch

from mtlue import Categorical, Depth, Pipeline
from mtlue.data.listing import FileNote, LabelFiles, Listing

LISTING = Listing(
    tasks=(Categorical("kind", ("a", "b")), Categorical("tone", ("x", "y")), Depth("depth")),
    ids=["0", "1", "2"],
    files=["0.png", "1.png", "2.png"],
    splits=["train", "test", "train"],
    labels={
        "kind": np.array([0, 1, -1]),
        "tone": torch.tensor([1, 0, 1]),
        "depth": LabelFiles(["0.npy", None, "2.npy"]),
    },
    pipeline=Pipeline(),
    texts={"kind": ["a", "b", None]},
)


def test_taking_rows_takes_them_from_every_column() -> None:
    taken = LISTING.take([2, 0])
    assert (taken.ids, taken.files, taken.splits) == (["2", "0"], ["2.png", "0.png"], ["train", "train"])
    kind, tone = taken.labels["kind"], taken.labels["tone"]
    assert isinstance(kind, np.ndarray)
    assert isinstance(tone, torch.Tensor)
    assert (kind.tolist(), tone.tolist()) == ([-1, 0], [1, 1])
    assert taken.labels["depth"] == LabelFiles(["2.npy", "0.npy"])
    assert taken.texts == {"kind": [None, "a"]}
    assert len(LISTING.take([])) == 0


def test_numpys_labels_become_tensors_and_files_stay_files() -> None:
    listing = LISTING.with_tensors()
    assert isinstance(listing.labels["kind"], torch.Tensor)
    assert set(listing.read_labels()) == {"kind", "tone"}
    assert set(LISTING.read_labels()) == {"tone"}
    assert [task.name for task in LISTING.restricted_to(["depth"]).tasks] == ["depth"]


def test_a_note_on_a_file_knows_its_file() -> None:
    note = FileNote("a.png", "turned")
    assert note == "a.png: turned"
    assert (note.file, note.text) == ("a.png", "turned")
    for again in (copy.deepcopy(note), pickle.loads(pickle.dumps(note))):
        assert (again, again.file, again.text) == (note, note.file, note.text)

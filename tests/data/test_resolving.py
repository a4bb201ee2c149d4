"""What decides a pipeline: the source, options, then files."""

import pytest

from mtlue import Pipeline
from mtlue.data.files.images import Header
from mtlue.data.options import DataOptions
from mtlue.data.resolving import as_options_say, resolved, usual_crop


@pytest.mark.parametrize(
    ("sizes", "size", "noted"),
    [([(20, 30)] * 2, (20, 30), False), ([(512, 256)] * 2, (224, 112), True), ([(20, 30), (40, 30)], (30, 30), True)],
)
def test_files_decide_what_is_open(sizes: list[tuple[int, int]], size: tuple[int, int], noted: bool) -> None:
    files = [f"{i}.png" for i in range(len(sizes))]
    pipeline, notes = resolved(Pipeline(), files, [Header(one, grey=True) for one in sizes])
    assert pipeline == Pipeline(size=size, crop=usual_crop(size), channels=1)
    assert bool(notes) == noted


def test_what_is_given_stays() -> None:
    given = Pipeline(size=(16, 16), crop=(8, 8), channels=3)
    assert resolved(given, ["a.png"], [Header((99, 99), grey=True)]) == (given, [])


def test_options_change_the_sources_pipeline() -> None:
    source = Pipeline(size=(70, 70), crop=(64, 64), flip=True, channels=3)
    changed = as_options_say(source, DataOptions("celeba", size=35, flip=False))
    assert changed == Pipeline(size=(35, 35), crop=usual_crop((35, 35)), channels=3)
    whole = as_options_say(Pipeline(size=(288, 384), channels=3), DataOptions("nyuv2", size=(36, 48)))
    assert whole.crop is None

"""Images whose size is not the one that a source or a fitted method works at."""

import pytest

from mtlue import Pipeline
from mtlue.data.files.size_notes import note_on_size
from mtlue.errors import spoken

USUAL = "the usual size of dataset 'x'"


@pytest.mark.parametrize(
    ("sizes", "pipeline", "note"),
    [
        ([(64, 64)] * 2, Pipeline(size=(64, 64)), None),
        (
            [(64, 48)],
            Pipeline(size=(128, 96)),
            f"images of 48x64 pixels are enlarged to 96x128, {USUAL}; size 64 48 keeps",
        ),
        (
            [(200, 200)] * 3,
            Pipeline(size=(140, 140)),
            f"images of 200x200 pixels are reduced to 140x140, {USUAL}; size 200",
        ),
        (
            [(218, 178)],
            Pipeline(size=(70, 70), center_crop=140),
            f"images of 178x218 pixels are reduced to 70x70, {USUAL}; choose another size with size",
        ),
        (
            [(50, 30)],
            Pipeline(size=(32, 40)),
            f"images of 30x50 pixels are enlarged to 40x32, {USUAL}, and 52 % of each is cut off, because its "
            "aspect ratio differs; size 50 30",
        ),
        (
            [(20, 20), (30, 30), (50, 50), (40, 40)],
            Pipeline(size=(40, 40)),
            "2 images of 2 sizes (such as 20x20) are enlarged and 1 image of 50x50 pixels is reduced to 40x40",
        ),
    ],
)
def test_enlarged_and_reduced_images_are_said(
    sizes: list[tuple[int, int]], pipeline: Pipeline, note: str | None
) -> None:
    notes = [*map(spoken, note_on_size(sizes, pipeline, USUAL))]
    assert len(notes) == (note is not None)
    assert not note or notes[0].startswith(note)

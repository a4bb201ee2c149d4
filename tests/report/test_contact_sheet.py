"""The captions of a contact sheet."""

import io
from pathlib import Path

from PIL import Image

from conftest import read_data, save_image, write_table
from mtlue.report.pictures.contact_sheet import _caption, _sheet, write_contact_sheet

TASKS = [f"task {number}" for number in range(6)]


def test_every_label_of_six_is_shown(tmp_path: Path) -> None:
    rows = []
    for number, size in enumerate([(17, 23), (8, 8)] * 6):
        save_image(tmp_path / "photos" / f"{number}.png", size, mode="L" if number % 3 else "RGB")
        rows.append({"file": f"{number}.png", **dict.fromkeys(TASKS, f"a rather long class {number % 2}")})
    write_table(tmp_path / "photos", rows)
    collection = read_data("table", tmp_path / "photos")
    caption = " ".join(_caption(collection, 0).split())
    assert all(f"{task}: a rather long class 0" in caption for task in TASKS)
    for count in (1, 12):
        write_contact_sheet(collection, tmp_path / "sheet.png", count)
        with Image.open(tmp_path / "sheet.png") as sheet:
            assert min(sheet.size) > 150


def test_larger_captions_break_earlier_and_make_the_sheet_higher(tmp_path: Path) -> None:
    for number in range(4):
        save_image(tmp_path / "photos" / f"{number}.png", (8, 8))
    write_table(tmp_path / "photos", [{"file": f"{i}.png", **dict.fromkeys(TASKS, f"class {i % 2}")} for i in range(4)])
    collection = read_data("table", tmp_path / "photos")
    assert max(map(len, _caption(collection, 0, 3).splitlines())) <= 34 // 3
    heights = []
    for larger in (1, 3):
        write_contact_sheet(collection, tmp_path / "sheet.png", 4, 2, larger)
        with Image.open(tmp_path / "sheet.png") as sheet:
            heights.append(sheet.height)
    assert heights[1] > 1.5 * heights[0]


def test_the_title_is_whole_on_a_narrow_sheet(tmp_path: Path) -> None:
    for number in range(4):
        save_image(tmp_path / "photos" / f"{number}.png", (8, 8))
    rows = [{"file": f"{i}.png", "kind": f"class {i % 2}", "split": ("train", "test")[i // 2]} for i in range(4)]
    write_table(tmp_path / "photos", rows)
    collection = read_data("table", tmp_path / "photos")
    for columns in (1, 2, 4):
        figure = _sheet(collection, range(4), columns, 1)
        figure.savefig(io.BytesIO())  # only then is anything in its place
        title = figure.get_suptitle()
        assert " ".join(title.split()) == "Your images: 4 of 4 images (2 train, 2 test)"
        box = next(text for text in figure.texts if text.get_text() == title).get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width


def test_labels_that_are_too_many_end_in_a_sign_that_there_are_more(tmp_path: Path) -> None:
    names = [f"{number} has a long name of its own" for number in range(60)]
    for number in range(4):
        save_image(tmp_path / "photos" / f"{number}.png", (8, 8))
    rows = [{"file": f"{i}.png", **dict.fromkeys(names, ["yes", "no"][i % 2])} for i in range(4)]
    write_table(tmp_path / "photos", rows)
    caption = _caption(read_data("table", tmp_path / "photos"), 0)
    assert caption.endswith("…")

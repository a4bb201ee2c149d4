"""The page's section on how visible the change is."""

import dataclasses
import re
from pathlib import Path

import pytest
from table_records import record

from mtlue.fidelity.record import Fidelity, ImageFidelity
from mtlue.report.evaluations.page import write_page

RECORDS = [record(kind, 0, {"left": 0.5}, curves={"training loss": [2.0, 1.0]}) for kind in ("clean", "tap")]
IMAGES = tuple(
    ImageFidelity(f"shelf/{i}.jpg", 30.0 + i, None, 2.0 * i, 1.5, 3.25 if i == 2 else None, 0.5) for i in range(1, 13)
)
WHOLE = Fidelity(12, 12, 0, IMAGES)
TITLE = "How visible the change is"


def section(path: Path, fidelity: Fidelity | None) -> str:
    """From the section's title to the next one; empty where there is none."""
    write_page(path, RECORDS, fidelity=fidelity)
    page = path.read_text(encoding="utf-8")
    return page.partition(TITLE)[2].partition("<h2>")[0]


def cells(row: str) -> list[str]:
    return re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row)


def test_it_shows_every_measure_and_names_the_worst_images(tmp_path: Path) -> None:
    shown = section(tmp_path / "page.html", WHOLE)
    measures, worst = ([cells(row) for row in table.split("<tr>")[1:]] for table in shown.split("<table")[1:])
    assert "Measured on all 12 images." in shown
    assert measures == [
        ["measure", "mean", "worst 5 %", "images"],
        ["PSNR, dB", "36.5", "31.6", "12"],
        ["SSIM", "–", "–", "0"],
        ["CIEDE2000", "13.00", "22.90", "12"],
        ["CIEDE2000, flat areas", "1.50", "1.50", "12"],
        ["CIEDE2000, near-white areas", "3.25", "3.25", "1"],
        ["colour cast, levels", "0.50", "0.50", "12"],
    ]
    assert worst[0] == ["image", *(row[0] for row in measures[1:])]
    assert [row[0] for row in worst[1:]] == [f"shelf/{i}.jpg" for i in range(12, 2, -1)]
    assert worst[1] == ["shelf/12.jpg", "42.0", "–", "24.00", "1.50", "–", "0.50"]


def test_one_image_is_enough_and_samples_are_said(tmp_path: Path) -> None:
    one = dataclasses.replace(WHOLE, released=5000, sampled=3, in_tiles=1, images=IMAGES[:1])
    shown = section(tmp_path / "page.html", one)
    assert "1 of 5000 images, chosen by the hash of their id (another 2 are unchanged)" in shown
    assert "; of 1 of them, which are large, evenly spaced tiles." in shown
    assert shown.count("shelf/") == 1


def test_names_of_images_are_text(tmp_path: Path) -> None:
    hostile = dataclasses.replace(IMAGES[0], id='"><b>\x1b[0m.jpg')
    shown = section(tmp_path / "page.html", dataclasses.replace(WHOLE, images=(hostile,)))
    assert "<b>" not in shown
    assert "\x1b" not in shown
    assert "&lt;b&gt;" in shown


@pytest.mark.parametrize("fidelity", [None, Fidelity(1, 1, 0, ())])
def test_nothing_measured_nothing_shown(tmp_path: Path, fidelity: Fidelity | None) -> None:
    assert section(tmp_path / "page.html", fidelity) == ""

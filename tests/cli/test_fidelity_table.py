"""What protect prints of how visible the change is."""

import dataclasses

import pytest

from mtlue.cli.telling.events import tell
from mtlue.fidelity.record import Fidelity, ImageFidelity
from mtlue.jobs.events import FidelityMeasured

IMAGES = tuple(
    ImageFidelity(f"shelf/{i}.jpg", 30.0 + i, None, 2.0 * i, 1.5, 3.25 if i == 2 else None, 0.5) for i in range(1, 8)
)
WHOLE = Fidelity(7, 7, 0, IMAGES)


def told(fidelity: Fidelity, capsys: pytest.CaptureFixture[str]) -> tuple[list[str], str]:
    tell(FidelityMeasured(fidelity))
    printed = capsys.readouterr()
    return [line.rstrip() for line in printed.out.splitlines() if line.strip()], printed.err


def test_a_row_for_each_measure_and_the_worst_images_first(capsys: pytest.CaptureFixture[str]) -> None:
    lines, notes = told(WHOLE, capsys)
    assert lines[0] == "how visible the change is, all 7 images:"
    assert lines[1].split() == ["measure", "mean", "worst", "5", "%", "images"]
    rows = [line.split("  ") for line in lines[3:-1]]
    assert [row[0].strip() for row in rows] == [
        "PSNR, dB",
        "SSIM",
        "CIEDE2000",
        "CIEDE2000, flat areas",
        "CIEDE2000, near-white areas",
        "colour cast, levels",
    ]
    assert lines[3].split()[2:] == ["34.0", "31.3", "7"]
    assert lines[4].split() == ["SSIM", "–", "–", "0"]
    assert lines[7].split()[-3:] == ["3.25", "3.25", "1"]
    worst = "shelf/7.jpg (14.0), shelf/6.jpg (12.0), shelf/5.jpg (10.0), shelf/4.jpg (8.0), shelf/3.jpg (6.0)"
    assert lines[-1] == f"largest CIEDE2000: {worst}"
    assert max(map(len, lines[:-1])) <= 80
    assert notes == ""


def test_it_says_which_images_were_measured(capsys: pytest.CaptureFixture[str]) -> None:
    lines, notes = told(dataclasses.replace(WHOLE, released=5000, sampled=9, in_tiles=2), capsys)
    assert lines[0] == (
        "how visible the change is, 7 of 5000 images, chosen by the hash of their id (another 2 are unchanged):"
    )
    assert notes == "note: 2 of these images are large: evenly spaced tiles of them were measured\n"


def test_nothing_measured_nothing_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(Fidelity(1, 1, 0, ()), capsys) == ([], "")

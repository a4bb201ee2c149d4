"""CIEDE2000 against the pairs that its authors' followers test with, and L*a*b* against a plain computation."""

import math

import pytest
import torch

from mtlue.fidelity.colour import ciede2000, lab

SHARMA = """
50.0000 2.6772 -79.7751 50.0000 0.0000 -82.7485 2.0425
50.0000 3.1571 -77.2803 50.0000 0.0000 -82.7485 2.8615
50.0000 2.8361 -74.0200 50.0000 0.0000 -82.7485 3.4412
50.0000 -1.3802 -84.2814 50.0000 0.0000 -82.7485 1.0000
50.0000 -1.1848 -84.8006 50.0000 0.0000 -82.7485 1.0000
50.0000 -0.9009 -85.5211 50.0000 0.0000 -82.7485 1.0000
50.0000 0.0000 0.0000 50.0000 -1.0000 2.0000 2.3669
50.0000 -1.0000 2.0000 50.0000 0.0000 0.0000 2.3669
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0009 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0010 7.1792
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0011 7.2195
50.0000 2.4900 -0.0010 50.0000 -2.4900 0.0012 7.2195
50.0000 -0.0010 2.4900 50.0000 0.0009 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0010 -2.4900 4.8045
50.0000 -0.0010 2.4900 50.0000 0.0011 -2.4900 4.7461
50.0000 2.5000 0.0000 50.0000 0.0000 -2.5000 4.3065
50.0000 2.5000 0.0000 73.0000 25.0000 -18.0000 27.1492
50.0000 2.5000 0.0000 61.0000 -5.0000 29.0000 22.8977
50.0000 2.5000 0.0000 56.0000 -27.0000 -3.0000 31.9030
50.0000 2.5000 0.0000 58.0000 24.0000 15.0000 19.4535
50.0000 2.5000 0.0000 50.0000 3.1736 0.5854 1.0000
50.0000 2.5000 0.0000 50.0000 3.2972 0.0000 1.0000
50.0000 2.5000 0.0000 50.0000 1.8634 0.5757 1.0000
50.0000 2.5000 0.0000 50.0000 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
"""Table 1 of Sharma, Wu, Dalal (2005): L*, a*, b* of two colours, and their difference."""


def test_published_pairs_either_way_round() -> None:
    rows = [[float(cell) for cell in line.split()] for line in SHARMA.strip().splitlines()]
    table = torch.tensor(rows, dtype=torch.float64)
    assert table.shape == (34, 7)
    one, other, published = table[:, :3], table[:, 3:6], table[:, 6]
    for found in (ciede2000(one, other), ciede2000(other, one)):
        assert torch.allclose(found, published, rtol=0, atol=6e-5)


def test_a_colour_is_no_distance_from_itself() -> None:
    colours = torch.randint(256, (2, 3, 5, 7), dtype=torch.uint8)
    assert (ciede2000(lab(colours), lab(colours)) == 0).all()


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
    ],
)
def test_corners_of_srgb(rgb: tuple[int, ...], expected: tuple[float, ...]) -> None:
    found = lab(torch.tensor(rgb, dtype=torch.uint8).reshape(1, 3, 1, 1)).flatten()
    assert torch.allclose(found, torch.tensor(expected), atol=0.03)


def plain_lab(rgb: tuple[int, ...]) -> list[float]:
    """IEC 61966-2-1 and CIE 15, one colour at a time."""
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (level / 255 for level in rgb))
    x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505
    y = 0.2126 * r + 0.7152 * g + 0.0722 * b
    z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089
    f_x, f_y, f_z = (math.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return [116 * f_y - 16, 500 * (f_x - f_y), 200 * (f_y - f_z)]


def test_lab_is_what_its_definition_says() -> None:
    colours = torch.randint(256, (1, 3, 9, 11), dtype=torch.uint8)
    expected = torch.tensor([plain_lab(tuple(rgb)) for rgb in colours[0].flatten(1).T.tolist()])
    assert torch.allclose(lab(colours)[0].flatten(1).T, expected, atol=2e-3)


def test_grey_is_neutral_in_one_channel_as_in_three() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert torch.equal(lab(levels), lab(levels.expand(1, 3, 16, 16)))
    assert lab(levels)[:, 1:].abs().max() < 1e-3

"""The waves of the joint code: which patterns there are, and how they are painted."""

import itertools

import pytest
import torch

from mtlue.methods.joint_code.label_codes import COLOURS, LUMINANCE
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.methods.joint_code.waves import chessboard, energy, gratings, in_colours, paint, square_wave, turns


@pytest.mark.parametrize("luminance", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_no_pattern_is_another_one_shifted_or_mirrored(channels: int, luminance: bool) -> None:
    waves = JointCodeSettings(luminance=luminance).waves(channels)
    colours = (LUMINANCE if luminance else COLOURS)[channels]
    patterns = in_colours(gratings(waves.periods, waves.tile), colours)
    assert len(patterns) == {(True, 1): 8, (True, 3): 8, (False, 1): 8, (False, 3): 12}[luminance, channels]
    assert (patterns.sum((-2, -1)) == 0).all()
    for first, second in itertools.combinations(patterns, 2):
        for form, shift in itertools.product((first, first.flip(-1)), itertools.product(range(waves.tile), repeat=2)):
            assert not torch.equal((form.roll(shift, (-2, -1)) * second).mean().abs(), torch.tensor(1.0))


@pytest.mark.parametrize("period", [2, 4, 6])
def test_a_wave_is_its_own_negative_after_half_of_its_period(period: int) -> None:
    wave = square_wave(period, 4 * period)
    assert torch.equal(wave.roll(period // 2), -wave)
    assert wave.diff().count_nonzero() == 7
    assert (square_wave(0, 5) == 1).all()


def test_the_finest_patterns_come_first() -> None:
    found = gratings((8, 4))
    changes = [int(form.diff(dim=0).count_nonzero() + form.diff(dim=1).count_nonzero()) for form in found]
    assert torch.equal(found[0], chessboard(4, 8))
    assert changes[0] == max(changes)
    assert changes[-1] == min(changes)


@pytest.mark.parametrize("tile", [(4, 4), (8, 6)])
@pytest.mark.parametrize("size", [(16, 16), (13, 37), (3, 5)])
def test_painting_repeats_each_pixels_own_pattern(size: tuple[int, int], tile: tuple[int, int]) -> None:
    patterns = torch.randn(5, 3, *tile)
    places = torch.randint(5, (2, *size))
    found = paint(places, patterns)
    for image, row, column in itertools.product(range(2), range(size[0]), range(size[1])):
        own = patterns[places[image, row, column]]
        assert torch.equal(found[image, :, row, column], own[:, row % tile[0], column % tile[1]])


@pytest.mark.parametrize("size", [(32, 32), (17, 23), (5, 9)])
@pytest.mark.parametrize("periods", [(2, 4), (4, 8)])
def test_energy_is_what_images_hold_of_a_pattern(periods: tuple[int, ...], size: tuple[int, int]) -> None:
    patterns = in_colours(gratings(periods), COLOURS[3][:1])
    image = 0.5 + 0.3 * patterns[2].repeat(1, 8, 8)[None, :, : size[0], : size[1]]
    assert int(energy(image, patterns).argmax()) == 2


def test_a_sign_turns_after_every_so_many_pixels() -> None:
    found = turns(torch.tensor([3, 0]), 8, start=1)
    assert found[0].tolist() == [1, 1, -1, -1, -1, 1, 1, 1]
    assert found[1].tolist() == [1] * 8

"""A strength is epsilon in a word: on the command line, in grids and saved options, and in Python."""

import pytest
import torch

from mtlue import ArrayDataset, Categorical, InputError, Protector
from mtlue.bounds import STRENGTHS
from mtlue.methods.options import MethodChoice, MethodOptions


def some_images(size: tuple[int, int] = (17, 23), channels: int = 1) -> ArrayDataset:
    images = torch.full((4, channels, *size), 128, dtype=torch.uint8)
    tasks = (Categorical("shape", ("round", "square")),)
    return ArrayDataset(tasks, images, {"shape": torch.tensor([0, 1, 0, 1])}, ["a", "b", "c", "d"])


@pytest.mark.parametrize(("strength", "levels"), [("subtle", 4), ("standard", 8), ("strong", 16)])
def test_a_strength_bounds_the_change_by_its_levels(strength: str, levels: int) -> None:
    dataset = some_images()
    protector = Protector("lsp-patch", settings={"square": 4}, strength=strength, seed=0)  # type: ignore[arg-type]
    protected = protector.fit(dataset).protect(dataset)
    assert int((protected.images[:].short() - dataset.images[:].short()).abs().max()) == levels


def test_a_mapping_may_say_a_strength_and_is_kept_as_a_number() -> None:
    choice = MethodChoice.of({"method": "noise", "strength": "subtle"})
    assert choice.to_json()["epsilon"] == 4
    assert MethodChoice.of(choice.to_json()) == MethodChoice.of({"method": "noise", "epsilon": 4})


def test_without_either_it_is_the_standard() -> None:
    assert MethodChoice.of({"method": "noise"}) == MethodChoice.of({"method": "noise", "strength": "standard"})
    assert Protector("noise", seed=0).epsilon * 255 == pytest.approx(STRENGTHS["standard"])


def test_both_are_refused_even_where_they_agree() -> None:
    for options in (MethodOptions(strength="strong", epsilon=4.0), MethodOptions(strength="standard", epsilon=8.0)):
        with pytest.raises(InputError, match="leave one of them out"):
            options.check()
    with pytest.raises(InputError, match="strength subtle is epsilon 4/255, and epsilon is given"):
        Protector("noise", epsilon=8 / 255, strength="subtle")


def test_an_unknown_one_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match="did you mean 'subtle'"):
        Protector("noise", strength="subtel")  # type: ignore[arg-type]

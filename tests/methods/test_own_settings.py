"""Settings that methods own change what is found, and are saved with it; a folder without any means the defaults."""

import json
from pathlib import Path

import pytest
import torch

from _asserts import assert_round_trip
from conftest import mixed_dataset, quick_method, random_dataset
from mtlue import ArrayDataset, InputError, Runtime
from mtlue.files import write_json
from mtlue.methods import METHODS, MethodChoice, Perturber, load_method
from mtlue.methods.settings import SurrogateSettings
from mtlue.release.layout import PrivateFolder

CHANGED: dict[str, dict[str, object]] = {
    "lsp-patch": {"square": 3},
    "lsp-average": {"square": 5},
    "ar-patch": {"scale": 0.5},
    "ar-average": {"scale": 0.7},
    "joint-code": {"luminance": True, "periods": (2, 6), "spacings": (9, 3, 2), "code_pixels": 20, "code_images": 6},
}


def fitted(name: str, **settings: object) -> tuple[Perturber, ArrayDataset]:
    data = mixed_dataset() if name == "joint-code" else random_dataset()
    method = MethodChoice(name, settings).build()
    method.fit(data, Runtime("cpu"))
    return method, data


def protected(method: Perturber, data: ArrayDataset) -> torch.Tensor:
    return method.protect(data.batch(torch.arange(len(data))))


@pytest.mark.parametrize("name", list(CHANGED))
def test_a_changed_setting_changes_the_perturbation_and_is_saved_with_it(name: str, tmp_path: Path) -> None:
    method, data = fitted(name, **CHANGED[name])
    assert not torch.equal(protected(method, data), protected(*fitted(name)))
    assert_round_trip(method, data.batch(torch.arange(len(data))), tmp_path)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_folder_from_before_settings_were_saved_means_the_defaults(name: str, tmp_path: Path) -> None:
    if name in CHANGED:
        method, data = fitted(name)
    else:
        method, data = quick_method(name), random_dataset()
        method.fit(data, Runtime("cpu"))
    method.save(tmp_path)
    saved = json.loads(PrivateFolder(tmp_path).generator_settings.read_text())
    del saved["options"]
    if method.inductive:
        del saved["fitted_ids"]  # folders of inductive methods had none
    write_json(PrivateFolder(tmp_path).generator_settings, saved)
    assert torch.equal(protected(load_method(tmp_path, Runtime("cpu")), data), protected(method, data))


@pytest.mark.parametrize(
    ("options", "message"),
    [({"square": 0}, "square 0: give 1 or more"), ({"sqare": 4}, "unknown setting 'sqare'"), ([], "options should be")],
)
def test_saved_settings_that_mean_nothing_are_refused(options: object, message: str, tmp_path: Path) -> None:
    fitted("lsp-patch")[0].save(tmp_path)
    saved = json.loads(PrivateFolder(tmp_path).generator_settings.read_text())
    write_json(PrivateFolder(tmp_path).generator_settings, {**saved, "options": options})
    with pytest.raises(InputError, match=rf"generator\.json cannot be used .*{message}"):
        load_method(tmp_path, Runtime("cpu"))


def test_a_square_of_lsp_is_as_large_as_was_asked() -> None:
    """With an upright edge at each multiple of the square's side alone."""
    method, data = fitted("lsp-average", square=4)
    delta = method.perturb(
        ArrayDataset(data.tasks, torch.full_like(data.images[:], 128), data.labels, data.ids).batch(torch.arange(1))
    )
    edges = (delta[..., 1:] != delta[..., :-1]).flatten(0, 2).any(0).nonzero().flatten() + 1
    assert len(edges)
    assert (edges % 4 == 0).all()


@pytest.mark.parametrize(
    ("before", "against"), [([], ()), (["blur"], ("blur",)), (["resize", "blur:sigma=2.0"], ("resize+blur:sigma=2.0",))]
)
def test_a_folder_from_before_against_is_read(before: list[str], against: tuple[str, ...], tmp_path: Path) -> None:
    method, data = quick_method("tap"), random_dataset()
    method.fit(data, Runtime("cpu"))
    method.save(tmp_path)
    file = PrivateFolder(tmp_path).generator_settings
    saved = json.loads(file.read_text())
    of_now = {"against", "against_share"}
    saved["options"] = {key: value for key, value in saved["options"].items() if key not in of_now}
    write_json(file, {**saved, "options": {**saved["options"], "transformations": before}})
    loaded = load_method(tmp_path, Runtime("cpu"))
    assert torch.equal(protected(loaded, data), protected(method, data))
    assert isinstance(loaded.settings, SurrogateSettings)
    assert loaded.settings.against == against
    assert loaded.settings.against_share == (1.0 if against else 0.6)

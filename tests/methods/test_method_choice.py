"""The one description of a chosen method that the command line, grids and Python share."""

import subprocess
import sys
from typing import Any

import pytest

from conftest import MIXED
from mtlue import Categorical, Depth, InputError, Protector, Scope
from mtlue.methods import METHODS, MethodChoice, Perturber
from mtlue.methods.baselines.settings import LspSettings
from mtlue.methods.joint_code.settings import JointCodeSettings
from mtlue.methods.options import AUTO, AutoSettings, methods_with, settings_of
from mtlue.methods.settings import MtlUeSettings
from mtlue.registry import Settings

WHOLE, DENSE = MIXED[:2], MIXED


def test_options_and_settings_load_without_torch() -> None:
    code = (
        "import sys, mtlue.methods.registry, mtlue.methods.options\n"
        "from mtlue.methods import METHODS, MethodChoice\n"
        "[METHODS.settings(name) for name in METHODS]\n"
        "MethodChoice.of({'method': 'tap', 'epochs': 2}).to_json()\n"
        "print(*({'torch', 'timm', 'numpy', 'pandas', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.mark.parametrize("name", list(METHODS))
def test_a_choice_is_written_and_read_back(name: str) -> None:
    choice = MethodChoice(name, epsilon=4 / 255, scope=Scope(("a",), 0.5))
    again = MethodChoice.of(choice.to_json())
    assert again.to_json() == choice.to_json()
    assert again.settings_for() == METHODS.settings(name)()
    assert again.choices() == choice.choices()


@pytest.mark.parametrize("name", list(METHODS))
def test_a_choice_builds_its_method(name: str) -> None:
    method = MethodChoice(name, epsilon=4 / 255, scope=Scope(("a",), 0.5)).build()
    assert isinstance(method, Perturber)
    assert (method.name, method.epsilon, method.scope) == (name, 4 / 255, Scope(("a",), 0.5))
    assert isinstance(method.settings, METHODS.settings(name))


@pytest.mark.parametrize(
    ("settings", "tasks", "name", "expected"),
    [
        ({}, (), "tap", MtlUeSettings()),
        ({}, WHOLE, "tap", MtlUeSettings()),
        ({}, DENSE, "joint-code", JointCodeSettings()),
        ({"epochs": 3}, WHOLE, "tap", MtlUeSettings(epochs=3)),
        ({"code_pixels": 3}, DENSE, "joint-code", JointCodeSettings(code_pixels=3)),
        ({"code_pixels": 3}, (), "tap", MtlUeSettings()),
        (MtlUeSettings(epochs=3), WHOLE, "tap", MtlUeSettings(epochs=3)),
        (JointCodeSettings(code_pixels=3), DENSE, "joint-code", JointCodeSettings(code_pixels=3)),
    ],
)
def test_auto_stands_for_the_method_that_suits_the_tasks(
    settings: Any, tasks: Any, name: str, expected: Settings
) -> None:
    choice = MethodChoice(AUTO, settings)
    assert choice.name_for(tasks) == name
    assert choice.settings_for(tasks) == expected
    assert choice.build(tasks).settings == expected


@pytest.mark.parametrize("settings", [{"epochs": 3}, MtlUeSettings(epochs=3)])
def test_auto_refuses_what_the_method_that_it_stands_for_does_not_have(settings: Any) -> None:
    choice = MethodChoice(AUTO, settings)
    with pytest.raises(InputError, match=r"joint-code (has no setting epochs|takes JointCodeSettings)"):
        choice.build(DENSE)


def test_auto_looks_at_protected_tasks_alone() -> None:
    hidden = tuple(task.name for task in MIXED[2:])
    assert MethodChoice(AUTO, scope=Scope(hidden)).name_for(DENSE) == "tap"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "prayer"}, "unknown method 'prayer': choose from auto, em"),
        ({"method": "emm"}, "unknown method 'emm': did you mean 'em'"),
        ({"method": "tap", "epslion": 4}, "unknown option 'epslion': did you mean 'epsilon'"),
        ({"method": "tap", "epsilon": "much"}, "epsilon should be a number or nothing, not 'much'"),
        ({"method": "tap", "epsilon": 300}, "epsilon 300 is out of range"),
        ({"method": "tap", "fraction": 0}, "fraction 0 is out of range"),
        ({"method": "tap", "epochs": "some"}, "method tap: epochs should be"),
        ({"method": "em", "surrogate_epochs": 1}, "em has no setting surrogate_epochs, a setting of tap, sep, tap-s"),
        ({"method": "tap-samplewise", "epochs": 1}, "tap-samplewise has no setting epochs"),
        ({"method": "lsp-patch", "lambda_intra": 20}, "lsp-patch has no setting lambda_intra"),
        ({"method": "noise", "preset": "fast"}, "noise has no setting preset"),
        ({"square": 4}, "method auto has no setting square, a setting of lsp-patch, lsp-average"),
    ],
)
def test_mistakes_are_refused_before_anything_is_built(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MethodChoice.of(values)


def test_settings_of_another_method_are_refused() -> None:
    for make in (lambda: MethodChoice("tap", LspSettings()), lambda: METHODS.load("tap")(LspSettings(), name="tap")):
        with pytest.raises(InputError, match="tap takes MtlUeSettings, not LspSettings"):
            make()
    with pytest.raises(InputError, match="auto takes AutoSettings, not LspSettings"):
        MethodChoice(AUTO, LspSettings())


def test_settings_of_auto_become_those_of_the_method_that_it_resolves_to() -> None:
    choice = MethodChoice(AUTO, AutoSettings(epochs=3))
    assert choice.settings_for(()) == MtlUeSettings(epochs=3)
    assert choice.settings_for((Depth("depth"),)) == JointCodeSettings()
    assert Protector(AUTO, settings=AutoSettings(epochs=3)).settings == MtlUeSettings(epochs=3)


def test_python_takes_settings_by_name_or_as_a_dataclass() -> None:
    assert Protector("lsp-patch", settings={"square": 4}).settings == LspSettings(4)
    assert Protector("lsp-patch", settings=LspSettings(4)).settings == LspSettings(4)
    assert Protector.of(MethodChoice("lsp-patch", LspSettings(4))).settings == LspSettings(4)


def test_methods_with_a_setting_are_found() -> None:
    assert methods_with("square") == ["lsp-patch", "lsp-average"]
    assert methods_with("nothing") == []
    assert (
        settings_of(AUTO)().to_json().keys() == MtlUeSettings().to_json().keys() | JointCodeSettings().to_json().keys()
    )


def test_presets_are_filled_in_where_results_are_told_apart() -> None:
    tasks = (Categorical("shape", ("a", "b")),)
    assert MethodChoice("tap").choices(tasks) == MethodChoice("tap", {"bounding": "tanh"}).choices(tasks)
    assert MethodChoice("tap").choices(tasks) != MethodChoice("tap", {"bounding": "clamp"}).choices(tasks)

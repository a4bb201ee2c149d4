"""Packages whose names are imported when first used."""

import subprocess
import sys

import pytest

import mtlue
import mtlue.data
import mtlue.generator
import mtlue.models
import mtlue.training

LIGHT = (
    "mtlue",
    "mtlue.data.options",
    "mtlue.registry",
    "mtlue.training.recipe",
    "mtlue.bounds",
    "mtlue.seeds",
    "mtlue.cli",
)
HEAVY = ("torch", "pandas", "PIL", "timm")


@pytest.mark.parametrize("package", [mtlue, mtlue.data, mtlue.generator, mtlue.models, mtlue.training])
def test_every_public_name_is_there(package: object) -> None:
    for name in getattr(package, "__all__"):  # noqa: B009
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing_of_this_name'"):
        getattr(package, "nothing_of_this_name")  # noqa: B009


def test_what_options_need_imports_nothing_heavy() -> None:
    program = f"import sys, {', '.join(LIGHT)}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

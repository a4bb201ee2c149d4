"""The axes of a grid that describe learners: one for each field of :class:`Learner`, of one value or a list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from mtlue.errors import InputError
from mtlue.evaluation.learner import FAST, LEARNER_FIELDS, Learner
from mtlue.evaluation.learners.options import RECIPES, TrainingOptions, seed_list
from mtlue.evaluation.learners.plan import check_named_once
from mtlue.faults import Faults
from mtlue.models.names import TIMM
from mtlue.structured import typed
from mtlue.training.recipe import Recipe
from mtlue.training.weighting_names import spelled

D = TypeVar("D")
FIXED = ("tasks",)
"""Fields that follow from the dataset and the setting."""
PLURALS = {
    "backbones": "backbone",
    "weightings": "weighting",
    "settings": "setting",
    "countermeasures": "countermeasure",
    "seeds": "seed",
}
"""Names of before, which stay: ``seeds: 3`` is how many."""
AXIS_NAMES = (*(name for name in LEARNER_FIELDS if name not in FIXED), *PLURALS, "pretrained")
"""What describes learners in a block of a grid."""
DEFAULTS: dict[str, list[Any]] = {"setting": ["mtl", "stl"], "seed": [0, 1, 2]}


@dataclass(frozen=True)
class Recipes:
    """Of multi-task learners, and of single-task ones where it is another.

    Attributes:
        rate_given: whether somebody chose the learning rate; else it is one that the backbone learns at.
    """

    usual: Recipe
    stl: Recipe | None = None
    rate_given: bool = False

    def of(self, backbone: str) -> tuple[Recipe, Recipe | None]:
        """Both recipes for a backbone."""
        if self.rate_given:
            return self.usual, self.stl
        return self.usual.for_backbone(backbone), self.stl and self.stl.for_backbone(backbone)


def learner_axes(values: Mapping[str, Any], named: TrainingOptions, faults: Faults) -> dict[str, list[Any]]:
    """Field of :class:`Learner` -> its values, in the order of the fields; a recipe is :class:`Recipes`.

    A value that is refused is left out, or its axis has its usual ones, so that the rest can be looked at.

    Args:
        values: of the block, whatever describes learners.
        named: the recipe where no ``recipe`` is given, and the changes of recipes that are given by name.
        faults: gets two names of one axis, an axis without values, one that appears twice, values of another type.
    """
    given: dict[str, list[Any]] = {}
    for name, value in values.items():
        axis = axis_of(name)
        if axis in given:
            faults.add(f"{name} and {axis} say the same: give one of them")
        with faults.gathered():
            given[axis] = _listed(name, value)
    usual = {name: [getattr(Learner(), name)] for name in LEARNER_FIELDS if name not in FIXED}
    usual["recipe"] = [TrainingOptions.learner_recipe]
    axes = {**usual, **DEFAULTS, "recipe": [named.learner_recipe], **given}
    meant = {name: list(_all_meant(name, axes[name], named, faults)) for name in usual}
    with faults.gathered():
        check_named_once(weighting=meant["weighting"])
    return {
        name: found or list(_all_meant(name, usual[name], TrainingOptions(), faults)) for name, found in meant.items()
    }


def _all_meant(name: str, values: list[Any], named: TrainingOptions, faults: Faults) -> Iterator[Any]:
    for value in values:
        with faults.gathered():
            yield _meant(name, value, named)


def axis_of(name: str) -> str:
    """The field of :class:`Learner` that a name in a grid describes; the name itself where it is none."""
    return "init" if name == "pretrained" else PLURALS.get(name, name)


def without_overridden(shared: Mapping[str, Any], block: Mapping[str, Any]) -> dict[str, Any]:
    """What blocks share, without what one of them says itself, by whichever name."""
    said = {axis_of(name) for name in block}
    return {name: value for name, value in shared.items() if axis_of(name) not in said}


def _listed(name: str, value: Any) -> list[Any]:
    if name in ("seed", "seeds"):
        return _seeds([value] if name == "seed" and isinstance(value, int) else value)
    if name == "pretrained":
        if not isinstance(value, bool):
            raise InputError(f"pretrained should be true or false, not {value!r}")
        return [TIMM if value else Learner.init]
    values = value if isinstance(value, list) else [value]
    if not values:
        raise InputError(f"{name} should be a value or a list of them")
    return values


@dataclass(frozen=True)
class _Seeds:
    """How many, or which ones."""

    seeds: int | list[int]


def _seeds(value: Any) -> list[int]:
    return list(seed_list(_typed({"seeds": value}, _Seeds).seeds))


def _meant(name: str, value: Any, named: TrainingOptions) -> Any:
    """One value of an axis, its type checked; whether a name is known is checked with the plan."""
    if name == "recipe":
        return _recipe(value, named)
    if name == "weighting" and isinstance(value, str):
        return spelled(value)
    if isinstance(value, str) and isinstance(getattr(Learner(), name), str):
        return value
    return getattr(_typed({name: value}, Learner), name)


def _typed(values: Any, kind: type[D]) -> D:
    try:
        return typed(values, kind, numbers_as_text=True)
    except ValueError as error:
        raise InputError(f"the grid: {error}") from error


def _recipe(value: Any, named: TrainingOptions) -> Recipes:
    """A recipe by name, changed as the block says, or one that is written out."""
    if isinstance(value, dict):
        return Recipes(_typed({**FAST.to_json(), **value}, Recipe), None, "learning_rate" in value)
    if not isinstance(value, str) or value not in RECIPES:
        raise InputError(f"unknown recipe '{value}': give {', '.join(RECIPES)}, or a mapping of its parts")
    usual, stl = replace(named, learner_recipe=value).recipes()  # type: ignore[arg-type]
    return Recipes(usual, stl, named.learner_rate is not None)

"""A grid's file: blocks, each the product of its axes, with their types checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from mtlue.data.options import DataOptions
from mtlue.data.sources.placed import check_options
from mtlue.errors import InputError
from mtlue.evaluation.grids.axes import AXIS_NAMES, PLURALS, learner_axes, without_overridden
from mtlue.evaluation.grids.cells import DatasetSize, DatasetSpec
from mtlue.evaluation.grids.checks import (
    CLEAN,
    MOST_CELLS,
    check_method_names,
    check_names,
    check_own_images,
    check_product,
)
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.options import TrainingOptions
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.faults import Faults, FaultsError
from mtlue.methods.options import AUTO, MethodChoice
from mtlue.structured import read_yaml, reason, typed
from mtlue.suggestions import unknown

if TYPE_CHECKING:
    from mtlue.tasks import Task

D = TypeVar("D")
RECIPE_OPTIONS = ("learner_recipe", "learner_epochs", "learner_rate", "batch_size")
_NAMED = re.compile(r"^method [\w-]+: ")
"""How a fault in a method's settings begins."""
_PLANNED = ("seed", "setting")
"""Axes inside one plan: the others make a plan for each combination."""


@dataclass(frozen=True)
class Block:
    """One product of the grid's axes.

    Args:
        datasets: name -> options of a dataset, as ``protect`` takes them, and ``expect`` for dry runs.
        methods: name -> options of a method, as ``protect`` takes them; None for clean.
        learner: field of :class:`Learner` -> its values, one cell each; recipes are ``Recipes``.
        protection_seed: seed of the perturbations; ``each`` takes the learner's, so that every seed has its own.
        stl_tasks: tasks that get a single-task learner, in blocks that have some; all by default.
        learner_recipe: fast, paper or nyuv2.
        learner_epochs, learner_rate: epochs and learning rate of a learner instead.
        batch_size: images per step of a learner.
    """

    datasets: dict[str, dict[str, Any] | None]
    methods: dict[str, dict[str, Any] | None]
    learner: dict[str, list[Any]] = field(default_factory=dict)
    protection_seed: int | Literal["each"] = 0
    stl_tasks: list[str] | None = None
    learner_recipe: Literal["fast", "paper", "nyuv2"] = "fast"
    learner_epochs: int | None = None
    learner_rate: float | None = None
    batch_size: int = 128

    @property
    def axes(self) -> dict[str, Sequence[Any]]:
        """Name -> values of everything that is multiplied."""
        return {"dataset": [*self.datasets], "method": [*self.methods], **self.learner}

    @property
    def size(self) -> int:
        """Learners of the product, when each dataset has one task; single-task learners have nothing to weight."""
        settings = self.learner["setting"]
        per_seed = sum(len(self.learner["weighting"]) if setting == "mtl" else 1 for setting in settings)
        rest = (values for axis, values in self.axes.items() if axis not in ("setting", "weighting"))
        return math.prod(map(len, rest)) * per_seed

    def dataset_specs(self) -> list[DatasetSpec]:
        """The datasets, each with its options checked for their types."""
        return [_dataset_spec(name, values or {}) for name, values in self.datasets.items()]

    def method_options(self) -> dict[str, MethodChoice | None]:
        """The methods, each with its options checked; None for clean images."""
        return {label: _method(label, values or {}) for label, values in self.methods.items()}

    def learners(self, tasks: Sequence[Task]) -> Iterator[Learner]:
        """Every learner for one dataset's tasks; single-task learners, which have nothing to weight, once."""
        axes = {axis: values for axis, values in self.learner.items() if axis not in _PLANNED}
        learners: dict[Learner, None] = {}
        for values in product(*axes.values()):
            for learner in self.plan(dict(zip(axes, values, strict=True))).learners(tasks):
                weighted = learner.setting == "mtl"
                learners[learner if weighted else replace(learner, weighting=Learner.weighting)] = None
        yield from learners

    def check_learners(self) -> None:
        """Refuse values that mean nothing, each once: not in every combination."""
        first = {axis: values[0] for axis, values in self.learner.items() if axis not in _PLANNED}
        faults = Faults()
        for axis in first:
            for value in self.learner[axis]:
                with faults.gathered():
                    self.plan({**first, axis: value})
        for text in self.learner["countermeasure"]:
            with faults.gathered():
                check_own_images(text)
        faults.check()

    def plan(self, values: Mapping[str, Any]) -> EvaluationPlan:
        """The learners of one combination: field -> its value."""
        recipe, stl_recipe = values["recipe"].of(values["backbone"])
        same = {name: value for name, value in values.items() if name not in ("recipe", "countermeasure")}
        return EvaluationPlan(
            learner=Learner(**same, recipe=recipe),
            stl_recipe=stl_recipe,
            seeds=tuple(self.learner["seed"]),
            settings=tuple(self.learner["setting"]),
            stl_tasks=tuple(self.stl_tasks) if self.stl_tasks and "stl" in self.learner["setting"] else None,
            countermeasures=(values["countermeasure"],),
        )


def read_blocks(path: Path) -> list[Block]:
    """The blocks of a grid's file.

    Raises:
        InputError: the file is not YAML, or holds something that is not part of a grid.
    """
    values = read_yaml(path, dict[str, Any], f"give a grid, a YAML mapping of datasets, methods, {', '.join(PLURALS)}")
    with named_faults(path):
        return blocks_of(values)


def blocks_of(values: Mapping[str, Any]) -> list[Block]:
    """The blocks of a mapping; ``blocks`` holds several products that share the rest of it.

    Raises:
        InputError: something is not part of a grid, or the products are too large.
    """
    shared = {key: value for key, value in values.items() if key != "blocks"}
    parts = values.get("blocks", [{}])
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise InputError("blocks should be a list of mappings")
    if any("blocks" in part for part in parts):
        raise InputError("a block cannot hold blocks: list them all under one 'blocks'")
    blocks = _blocks([{**without_overridden(shared, part), **part} for part in parts])
    for block in blocks:
        check_product(block.axes)
    size = sum(block.size for block in blocks)
    if size > MOST_CELLS:
        raise InputError(f"its blocks have {size} learners or more: give fewer of them, {MOST_CELLS} at most")
    return blocks


def _blocks(parts: Sequence[dict[str, Any]]) -> list[Block]:
    """Every product, or what is wrong with each: a fault of all of them is one of what they share."""
    blocks: list[Block] = []
    wrong = [Faults() for _ in parts]
    for part, faults in zip(parts, wrong, strict=True):
        with faults.gathered():
            blocks.append(_block(part))
    shared = [text for text in wrong[0].texts if all(text in faults.texts for faults in wrong)]
    told = Faults()
    told.add(*shared)
    for number, faults in enumerate(wrong, start=1):
        told.add(*(f"block {number}: {text}" for text in faults.texts if text not in shared))
    told.check()
    return blocks


@contextmanager
def named_faults(path: Path) -> Iterator[None]:
    """Let errors of the block name a grid's file, each in one short line."""
    try:
        yield
    except FaultsError as error:
        raise FaultsError([f"{path}: {reason(InputError(fault))}" for fault in error.faults]) from error
    except InputError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def _block(values: dict[str, Any]) -> Block:
    """One product, its names, types and values checked: all that is wrong with them is told at once."""
    faults = Faults()
    faults.add(*_misplaced(values))
    values = {name: value for name, value in values.items() if name in _KNOWN}
    for axis in ("datasets", "methods"):
        with faults.gathered():
            values[axis] = _named_axis(axis, values.get(axis))
    described = {name: value for name, value in values.items() if name in AXIS_NAMES}
    with faults.told_together():
        block = _typed(Block, {name: value for name, value in values.items() if name not in AXIS_NAMES}, "the grid")
    named = TrainingOptions(
        **{item.name: getattr(block, item.name) for item in fields(Block) if item.name in RECIPE_OPTIONS}
    )
    block = replace(block, learner=learner_axes(described, named, faults))
    faults.add(*_wrong_choices(block))
    with faults.gathered():
        block.check_learners()
    faults.check()
    return block


def _named_axis(axis: str, value: Any) -> dict[str, Any]:
    """Datasets or methods, by name."""
    if isinstance(value, list):
        _require_names(axis, value)
        value = {str(name): {axis[:-1]: name} for name in value}
    if not isinstance(value, dict) or not value:
        raise InputError(f"{axis} should be a list of names, or a mapping of names to options")
    check_names(axis[:-1], value)
    return value


def _require_names(axis: str, listed: Sequence[Any]) -> None:
    """A list holds names alone: an entry with options needs a name of its own."""
    entry = next((item for item in listed if isinstance(item, dict)), None)
    if entry is not None:
        options = ", ".join(f"{key}: {value}" for key, value in entry.items())
        raise InputError(
            f"{axis} is a list of names, which {{{options}}} is not: make {axis} a mapping and give it a name, as in "
            f"'mine: {{{options}}}'"
        )


_KNOWN = (
    *(item.name for item in fields(Block) if item.name != "learner"),
    *(name for name in AXIS_NAMES if name not in PLURALS),
    *PLURALS,
    "blocks",
)
"""What a grid has a place for."""


def _misplaced(values: Mapping[Any, Any]) -> Iterator[str]:
    """Names that a grid has no place for."""
    for name in values:
        if name == "learner":
            yield "there is no option 'learner': give its fields next to the datasets"
        elif name not in _KNOWN:
            yield unknown("option", str(name), _KNOWN)


def _wrong_choices(block: Block) -> tuple[str, ...]:
    """What is wrong with the datasets and methods of a block, each by itself."""
    faults = Faults()
    for name, values in block.datasets.items():
        with faults.gathered(f"dataset {name}: "):
            options = _dataset_spec(name, values or {}).options
            check_options(options)
    for label, values in block.methods.items():
        with faults.gathered():
            check_method_names({label: values})
            _method(label, values or {})
    return faults.texts


def _dataset_spec(name: str, values: Mapping[str, Any]) -> DatasetSpec:
    options = {"dataset": name, **values}
    expected = options.pop("expect", None)
    return DatasetSpec(
        name,
        _typed(DataOptions, options, f"dataset {name}"),
        None if expected is None else _typed(DatasetSize, expected, f"dataset {name}, expect"),
    )


def _method(label: str, values: Mapping[str, Any]) -> MethodChoice | None:
    if values.get("method", label) == CLEAN:
        return None
    try:
        method = MethodChoice.of({"method": label, **values})
    except FaultsError as error:
        raise FaultsError([_of_method(label, fault) for fault in error.faults]) from error
    except InputError as error:
        raise InputError(_of_method(label, error.text)) from error
    if method.name == AUTO:
        raise InputError(f"method {label}: name the method in a grid: give joint-code or tap, not {AUTO}")
    return method


def _of_method(label: str, fault: str) -> str:
    """A fault that names the method as the grid does, once."""
    return f"method {label}: {_NAMED.sub('', fault)}"


def _typed(kind: type[D], values: Any, place: str) -> D:
    """A dataclass out of a mapping; a number may be given as text, as YAML takes ``1e-3`` for one."""
    try:
        return typed(values, kind, numbers_as_text=True)
    except (ValueError, InputError) as error:
        raise InputError(f"{place}: {error}") from error

"""A grid's file as it is written: blocks, each the product of its axes, with their types checked."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.cells import DatasetSpec, Expected
from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.grid_checks import CLEAN, MOST_CELLS, check_method_names, check_names, check_product
from mtlue.evaluation.options import EvaluationOptions, seed_list
from mtlue.evaluation.protocol import Learner
from mtlue.methods.options import AUTO, MethodChoice
from mtlue.structured import read_yaml, reason, typed
from mtlue.tasks import Task

D = TypeVar("D")
AXES = ("datasets", "methods", "backbones", "weightings", "settings", "countermeasures", "seeds")


@dataclass(frozen=True)
class Block:
    """One product of the grid's axes.

    Args:
        datasets: name -> options of a dataset, as ``protect`` takes them, and ``expect`` for dry runs.
        methods: name -> options of a method, as ``protect`` takes them; None for clean.
        backbones, weightings, settings, countermeasures: as ``evaluate`` takes them, one cell each.
        seeds: how many, or which ones.
        protection_seed: seed of the perturbations; ``each`` takes the learner's, so that every seed has its own.
        stl_tasks: tasks that get a single-task learner; all by default.
        learner_recipe: fast, paper or nyuv2.
        learner_epochs, learner_rate: epochs and learning rate of a learner instead.
        batch_size: images a step of a learner.
        pretrained: start backbones from timm's weights.
    """

    datasets: dict[str, dict[str, Any] | None]
    methods: dict[str, dict[str, Any] | None]
    backbones: list[str] = field(default_factory=lambda: ["tiny"])
    weightings: list[str] = field(default_factory=lambda: ["ls"])
    settings: list[str] = field(default_factory=lambda: ["mtl", "stl"])
    countermeasures: list[str] = field(default_factory=lambda: [NONE])
    seeds: int | list[int] = 3
    protection_seed: int | Literal["each"] = 0
    stl_tasks: list[str] | None = None
    learner_recipe: Literal["fast", "paper", "nyuv2"] = "fast"
    learner_epochs: int | None = None
    learner_rate: float | None = None
    batch_size: int = 128
    pretrained: bool = False

    @property
    def size(self) -> int:
        """Learners of the product, when each dataset has one task."""
        axes = (self.datasets, self.methods, self.backbones, self.countermeasures)
        seeds = self.seeds if isinstance(self.seeds, int) else len(self.seeds)
        each = sum(len(self.weightings) if setting == "mtl" else 1 for setting in self.settings)
        return math.prod(map(len, axes)) * each * max(0, seeds)

    def options(self, backbone: str, weighting: str, each: str) -> EvaluationOptions:
        """The learners of one combination."""
        return EvaluationOptions(
            backbone=backbone,
            pretrained=self.pretrained,
            seeds=self.seeds,
            settings=self.settings,
            stl_tasks=self.stl_tasks,
            countermeasures=[each],
            learner_recipe=self.learner_recipe,
            learner_epochs=self.learner_epochs,
            learner_rate=self.learner_rate,
            batch_size=self.batch_size,
            weighting=weighting,
        )

    def dataset_specs(self) -> list[DatasetSpec]:
        """The datasets, each with its options checked for their types."""
        return [_dataset_spec(name, values or {}) for name, values in self.datasets.items()]

    def method_options(self) -> dict[str, MethodChoice | None]:
        """The methods, each with its options checked; None for clean images."""
        return {label: _method(label, values or {}) for label, values in self.methods.items()}

    def learners(self, tasks: Sequence[Task]) -> Iterator[Learner]:
        """Every learner for one dataset's tasks; single-task learners, which have nothing to weight, once."""
        for backbone in self.backbones:
            for number, weighting in enumerate(self.weightings):
                for each in self.countermeasures:
                    for learner in self.options(backbone, weighting, each).plan().learners(tasks):
                        if learner.setting == "mtl":
                            yield learner
                        elif number == 0:
                            yield replace(learner, weighting="ls")


def read_blocks(path: Path) -> list[Block]:
    """The blocks of a grid's file.

    Raises:
        InputError: it is no YAML, or holds something that is no part of a grid.
    """
    values = read_yaml(path, dict[str, Any], f"give a grid, a YAML mapping of {', '.join(AXES)}")
    try:
        return blocks_of(values)
    except InputError as error:
        raise InputError(f"{path}: {reason(error)}") from error


def blocks_of(values: Mapping[str, Any]) -> list[Block]:
    """The blocks of a mapping; ``blocks`` holds several products that share the rest of it.

    Raises:
        InputError: something is no part of a grid, or the products are too large.
    """
    shared = {key: value for key, value in values.items() if key != "blocks"}
    parts = values.get("blocks", [{}])
    if not isinstance(parts, list) or not parts or not all(isinstance(part, dict) for part in parts):
        raise InputError("blocks should be a list of mappings")
    blocks = [_block({**shared, **part}) for part in parts]
    for block in blocks:
        if not seed_list(block.seeds):
            raise InputError("give one seed at least")
        check_product({axis: getattr(block, axis) for axis in AXES})
    size = sum(block.size for block in blocks)
    if size > MOST_CELLS:
        raise InputError(f"its blocks have {size} learners or more: give fewer of them, {MOST_CELLS} at most")
    for block in blocks:
        _check(block)
    return blocks


def _block(values: dict[str, Any]) -> Block:
    """One product, its types checked."""
    for axis in ("datasets", "methods"):
        if isinstance(values.get(axis), list):
            values[axis] = {str(name): {axis[:-1]: name} for name in values[axis]}
        if not isinstance(values.get(axis), dict) or not values[axis]:
            raise InputError(f"{axis} should be a list of names, or a mapping of names to options")
        check_names(axis[:-1], values[axis])
    for axis in ("backbones", "weightings", "settings", "countermeasures"):
        if axis in values and (not isinstance(values[axis], list) or not values[axis]):
            raise InputError(f"{axis} should be a list of names")
    return _typed(Block, values, "the grid")


def _check(block: Block) -> None:
    """Refuse values that mean nothing."""
    for spec in block.dataset_specs():
        spec.options.check()
    check_method_names(block.methods)
    block.method_options()


def _dataset_spec(name: str, values: Mapping[str, Any]) -> DatasetSpec:
    options = {"dataset": name, **values}
    expected = options.pop("expect", None)
    return DatasetSpec(
        name,
        _typed(DataOptions, options, f"dataset {name}"),
        None if expected is None else _typed(Expected, expected, f"dataset {name}, expect"),
    )


def _method(label: str, values: Mapping[str, Any]) -> MethodChoice | None:
    if values.get("method", label) == CLEAN:
        return None
    try:
        method = MethodChoice.of({"method": label, **values})
    except InputError as error:
        raise InputError(f"method {label}: {error.text}") from error
    if method.name == AUTO:
        raise InputError(f"method {label}: name the method in a grid: give joint-code or tap, not {AUTO}")
    return method


def _typed(kind: type[D], values: Any, place: str) -> D:
    """A dataclass out of a mapping; a number may be given as text, as YAML takes ``1e-3`` for one."""
    try:
        return typed(values, kind, numbers_as_text=True)
    except (ValueError, InputError) as error:
        raise InputError(f"{place}: {error}") from error

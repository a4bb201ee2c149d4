"""A grid: datasets x methods x backbones x weightings x settings x countermeasures x seeds, out of one YAML file."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from jsonargparse import ArgumentParser

import mtlue
from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.countermeasures import NONE
from mtlue.evaluation.grid_checks import CLEAN, check_expected, check_method_names, check_named, check_product
from mtlue.evaluation.options import EvaluationOptions, seed_list
from mtlue.evaluation.protocol import Learner
from mtlue.evaluation.records import Data
from mtlue.methods import AUTO
from mtlue.methods.options import MethodOptions
from mtlue.models.backbones import check_backbone
from mtlue.tasks import Task

D = TypeVar("D")
_AXES = ("datasets", "methods", "backbones", "weightings", "settings", "countermeasures", "seeds")


@dataclass(frozen=True)
class Expected:
    """What a dataset holds, for a dry run where it is not at hand.

    Args:
        train_images, test_images: how many.
        shape: [C, H, W] of a stored image.
        view: [h, w] that a learner sees.
        classes: how many each image-level task has.
        dense: tasks with a label a pixel: each its ``kind`` and, for segmentation, how many ``classes``.

    Raises:
        InputError: sides are lacking, nothing is counted, or there is no task.
    """

    train_images: int
    test_images: int
    shape: list[int]
    view: list[int]
    classes: list[int] = field(default_factory=list)
    dense: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name, values, form in (("shape", self.shape, "[C, H, W]"), ("view", self.view, "[h, w]")):
            if len(values) != form.count(",") + 1 or min(values) < 1:
                raise InputError(f"expect: {name} {values} should be {form}, 1 or more each")
        check_expected([*self.shape, *self.view], self.classes, self.dense)
        if min(self.train_images, self.test_images) < 1:
            raise InputError("expect: train_images and test_images should be 1 or more")
        if not (self.classes or self.dense) or min(self.classes, default=2) < 2:
            raise InputError("expect: give one task at least, in classes (2 or more each) or dense")


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


@dataclass(frozen=True)
class DatasetSpec:
    """A dataset of the grid."""

    name: str
    options: DataOptions
    expected: Expected | None

    @cached_property
    def key(self) -> str:
        """The same for the same options, whatever the dataset is called and wherever its cache lies."""
        return _hash(self.chosen)

    @cached_property
    def chosen(self) -> dict[str, Any]:
        """What decides a dataset's images: not where its cache lies."""
        return {key: value for key, value in _chosen(self.options).items() if key not in ("cache", "no_cache")}


@dataclass(frozen=True)
class Perturbation:
    """Which perturbed images a learner trains on; ``method`` is None for clean ones, ``tasks`` are the dataset's."""

    dataset: DatasetSpec
    label: str
    method: MethodOptions | None
    seed: int
    tasks: tuple[Task, ...]

    @property
    def data(self) -> Data:
        """The kind that records name."""
        if self.method is None:
            return "clean"
        return "noise" if self.method.method == "noise" else "protected"

    @cached_property
    def key(self) -> str:
        """The same for the same images, whatever they are called; another where a default of the method has changed."""
        return _hash(self.dataset.chosen, self.method.choices(self.tasks) if self.method else None, self.seed)


@dataclass(frozen=True)
class Cell:
    """One learner on one kind of images: one record."""

    perturbation: Perturbation
    learner: Learner

    @cached_property
    def key(self) -> str:
        """The same for the same experiment: a record that stands under it is never computed again."""
        perturbed = self.perturbation
        images = perturbed.key if perturbed.method else perturbed.dataset.key
        return _hash(images, _chosen(self.learner))


@dataclass(frozen=True)
class Grid:
    """The blocks of a file."""

    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path) -> "Grid":
        """Read a grid's file.

        Raises:
            InputError: it is no YAML, or holds something that is no part of a grid.
        """
        try:
            values = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise InputError(f"{path} cannot be read as YAML ({' '.join(str(error).split())})") from error
        if not isinstance(values, dict):
            raise InputError(f"{path} should hold a grid: {', '.join(_AXES)}")
        try:
            return cls.of(values)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Grid":
        """A grid out of a mapping; ``blocks`` holds several products that share the rest of it."""
        shared = {key: value for key, value in values.items() if key != "blocks"}
        blocks = values.get("blocks", [{}])
        if not isinstance(blocks, list) or not blocks or not all(isinstance(block, dict) for block in blocks):
            raise InputError("blocks should be a list of mappings")
        grid = cls(tuple(_block({**shared, **block}) for block in blocks))
        check_named("dataset", ((spec.name, spec.key) for spec in grid._all_datasets()))
        check_named("method", ((label, _hash(method and method.choices())) for label, method in grid._all_methods()))
        for block in grid.blocks:
            for backbone in block.backbones:
                check_backbone(backbone)
            for weighting in block.weightings:
                block.options(block.backbones[0], weighting, NONE).plan()
            for each in block.countermeasures:
                block.options(block.backbones[0], block.weightings[0], each).plan()
        return grid

    def datasets(self) -> list[DatasetSpec]:
        """Every dataset of the grid, once."""
        return list({spec.name: spec for spec in self._all_datasets()}.values())

    def _all_datasets(self) -> Iterator[DatasetSpec]:
        return (spec for block in self.blocks for spec in _dataset_specs(block))

    def _all_methods(self) -> Iterator[tuple[str, MethodOptions | None]]:
        return ((label, _method(label, values)) for block in self.blocks for label, values in block.methods.items())

    def cells(self, tasks: Mapping[str, Sequence[Task]]) -> list[Cell]:
        """Every cell once, those of one dataset and one kind of images together.

        Args:
            tasks: of each dataset that there is, by name; the others have no cells.
        """
        cells: dict[str, Cell] = {}
        for block in self.blocks:
            for dataset in (spec for spec in _dataset_specs(block) if spec.name in tasks):
                known = tuple(tasks[dataset.name])
                for label, values in block.methods.items():
                    method = _method(label, values)
                    for learner in _named(dataset, block, known):
                        seed = learner.seed if block.protection_seed == "each" else block.protection_seed
                        cell = Cell(Perturbation(dataset, label, method, seed, known), learner)
                        cells.setdefault(cell.key, cell)
        order = {spec.name: number for number, spec in enumerate(self.datasets())}
        return sorted(cells.values(), key=lambda cell: order[cell.perturbation.dataset.name])


def _named(dataset: DatasetSpec, block: Block, tasks: Sequence[Task]) -> list[Learner]:
    try:
        return list(block.learners(tasks))
    except InputError as error:
        raise InputError(f"dataset {dataset.name}: {error}") from error


def _block(values: Mapping[str, Any]) -> Block:
    values = dict(values)
    for axis in ("datasets", "methods"):
        if isinstance(values.get(axis), list):
            values[axis] = {str(name): {axis[:-1]: name} for name in values[axis]}
        if not isinstance(values.get(axis), dict) or not values[axis]:
            raise InputError(f"{axis} should be a list of names, or a mapping of names to options")
    for axis in ("backbones", "weightings", "settings", "countermeasures"):
        if axis in values and (not isinstance(values[axis], list) or not values[axis]):
            raise InputError(f"{axis} should be a list of names")
    block = _typed(Block, values, "the grid")
    if not seed_list(block.seeds):
        raise InputError("give one seed at least")
    check_product({axis: getattr(block, axis) for axis in _AXES})
    for spec in _dataset_specs(block):
        spec.options.check()
    check_method_names(block.methods)
    for label, method in block.methods.items():
        _method(label, method)
    return block


def _dataset_specs(block: Block) -> list[DatasetSpec]:
    specs = []
    for name, values in block.datasets.items():
        options = {"dataset": name, **(values or {})}
        expected = options.pop("expect", None)
        specs.append(
            DatasetSpec(
                name,
                _typed(DataOptions, options, f"dataset {name}"),
                None if expected is None else _expected(expected, f"dataset {name}, expect"),
            )
        )
    return specs


def _expected(values: Any, place: str) -> Expected:
    if not isinstance(values, dict):
        raise InputError(f"{place}: should be a mapping of {', '.join(item.name for item in fields(Expected))}")
    try:
        return _typed(Expected, values, place)
    except TypeError as error:
        raise InputError(f"{place}: {error}") from error


def _method(label: str, values: Mapping[str, Any] | None) -> MethodOptions | None:
    if (values or {}).get("method", label) == CLEAN:
        return None
    method = _typed(MethodOptions, {"method": label, **(values or {})}, f"method {label}")
    if method.method == AUTO:
        raise InputError(f"method {label}: name the method in a grid: give joint-code or tap, not {AUTO}")
    try:
        method.check()
    except InputError as error:
        raise InputError(f"method {label}: {error}") from error
    return method


def _typed(kind: type[D], values: Mapping[str, Any], place: str) -> D:
    """A dataclass out of a mapping, its types checked and converted."""
    known = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    unknown = [str(key) for key in values if key not in known]
    if unknown:
        raise InputError(f"{place}: there is no option '{unknown[0]}': choose from {', '.join(known)}")
    parser = ArgumentParser(exit_on_error=False, default_env=False)
    parser.add_class_arguments(kind, nested_key=None, sub_configs=False)
    try:
        parsed = parser.parse_object(dict(values))
    except Exception as error:
        raise InputError(f"{place}: {_type_error(kind, values, error)}") from error
    return kind(**{name: getattr(parsed, name) for name in known})


def _type_error(kind: type[Any], values: Mapping[str, Any], error: Exception) -> str:
    """Which option has a value of another type than it should; else the parser's own words."""
    for item in fields(kind):
        if item.name in values and f'"{item.name}"' in str(error):
            wanted = getattr(item.type, "__name__", str(item.type)) if isinstance(item.type, type) else str(item.type)
            return f"{item.name} should be {wanted}, not {values[item.name]!r}"
    return " ".join(str(error).split())


def _chosen(options: Any) -> dict[str, Any]:
    """The fields of a dataclass that are not its defaults: an option that is added later changes no key."""
    required = {item.name for item in fields(options) if item.default is MISSING and item.default_factory is MISSING}
    default = type(options)(**{name: getattr(options, name) for name in required})
    return {
        name: value for name, value in asdict(options).items() if name in required or value != asdict(default)[name]
    }


def _hash(*values: Any) -> str:
    return hashlib.sha256(repr((mtlue.__version__, *values)).encode()).hexdigest()[:20]

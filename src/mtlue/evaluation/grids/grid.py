"""A grid: datasets x methods x every attribute of learners, out of one YAML file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtlue.errors import InputError
from mtlue.evaluation.grids.cells import Cell, DatasetSpec, Perturbation
from mtlue.evaluation.grids.checks import check_named
from mtlue.evaluation.grids.file import Block, blocks_of, named_faults, read_blocks
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learner import Learner
from mtlue.methods.options import MethodChoice

if TYPE_CHECKING:
    from mtlue.tasks import Task


@dataclass(frozen=True)
class Grid:
    """The blocks of a file."""

    blocks: tuple[Block, ...]

    @classmethod
    def read(cls, path: Path) -> Grid:
        """Read a grid's file.

        Raises:
            InputError: the file is not YAML, or holds something that is not part of a grid.
        """
        blocks = read_blocks(path)
        with named_faults(path):
            return cls._checked(blocks)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Grid:
        """A grid out of a mapping; ``blocks`` holds several products that share the rest of it."""
        return cls._checked(blocks_of(values))

    @classmethod
    def _checked(cls, blocks: Sequence[Block]) -> Grid:
        grid = cls(tuple(blocks))
        check_named("dataset", ((spec.name, spec.key) for spec in grid._all_datasets()))
        check_named(
            "method", ((label, experiment_key(method and method.to_json())) for label, method in grid._all_methods())
        )
        return grid

    def datasets(self) -> list[DatasetSpec]:
        """Every dataset of the grid, once."""
        return list({spec.name: spec for spec in self._all_datasets()}.values())

    def _all_datasets(self) -> Iterator[DatasetSpec]:
        return (spec for block in self.blocks for spec in block.dataset_specs())

    def _all_methods(self) -> Iterator[tuple[str, MethodChoice | None]]:
        return (named for block in self.blocks for named in block.method_options().items())

    def cells(self, tasks: Mapping[str, Sequence[Task]]) -> list[Cell]:
        """Every cell once, those of one dataset together, and among them those of the same images.

        Args:
            tasks: of each dataset that can be read, by name; the others have no cells.
        """
        cells: dict[str, Cell] = {}
        for block in self.blocks:
            for dataset in (spec for spec in block.dataset_specs() if spec.name in tasks):
                own = tuple(tasks[dataset.name])
                for label, method in block.method_options().items():
                    for learner in _named(dataset, block, own):
                        seed = learner.seed if block.protection_seed == "each" else block.protection_seed
                        cell = Cell(Perturbation(dataset, label, method, seed, own), learner)
                        cells.setdefault(cell.key, cell)
        order = {spec.name: number for number, spec in enumerate(self.datasets())}
        images: dict[str, int] = {}
        for cell in cells.values():
            images.setdefault(cell.perturbation.key, len(images))
        return sorted(
            cells.values(),
            key=lambda cell: (order[cell.perturbation.dataset.name], images[cell.perturbation.key]),
        )

    def named_tasks(self, dataset: str) -> list[str]:
        """The tasks of a dataset that the grid names: those that get single-task learners."""
        blocks = (block for block in self.blocks if dataset in block.datasets)
        return list(dict.fromkeys(name for block in blocks for name in block.stl_tasks or ()))


def _named(dataset: DatasetSpec, block: Block, tasks: Sequence[Task]) -> list[Learner]:
    try:
        return list(block.learners(tasks))
    except InputError as error:
        raise InputError(f"dataset {dataset.name}: {error}") from error

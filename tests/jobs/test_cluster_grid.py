"""What becomes of a grid's cells where their images cannot be made on a cluster; the cluster is a stand-in."""

import pickle
from concurrent.futures import Future
from typing import Any

import pytest

from mtlue.data.options import DataOptions
from mtlue.errors import InputError
from mtlue.evaluation.grids.cells import DatasetSpec, Perturbation
from mtlue.jobs.grids import cluster
from mtlue.jobs.machines.pools import LostError
from mtlue.methods.options import MethodChoice

DIGITS = DatasetSpec("digits", DataOptions("digits"), None)
WANTED = [
    Perturbation(DIGITS, name, MethodChoice(name), seed, ()) for name in ("lsp-patch", "noise") for seed in (0, 1)
]
ODD, *_ = WANTED


class TwoPartError(Exception):
    """It can be pickled, and not unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Grid:
    """Data and learners of a grid; one perturbation cannot be made, or not be checked."""

    def __init__(self, images: Exception | None = None, check: Exception | None = None) -> None:
        self.learners, self.made, self._images, self._check = self, list[Perturbation](), images, check

    def check(self, perturbed: Perturbation) -> None:
        if perturbed == ODD and self._check is not None:
            raise self._check

    def images(self, perturbed: Perturbation) -> None:
        if perturbed == ODD and self._images is not None:
            raise self._images
        self.made.append(perturbed)


class Pool:
    """Tasks in this process; what they give back is sent, as from another machine."""

    width = 2

    def __init__(self, grid: Grid, lost: Exception | None = None) -> None:
        self._grid, self._lost = grid, lost

    def submit(self, item: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(pickle.dumps(cluster._make(self._grid, item)))  # type: ignore[arg-type]
        return future

    def result(self, future: Future[Any]) -> Any:
        if self._lost is not None:
            raise self._lost
        return pickle.loads(future.result())


@pytest.mark.parametrize(
    "error", [InputError("no such task"), RuntimeError("out of memory"), TwoPartError("out of", "memory")]
)
@pytest.mark.parametrize("where", ["images", "check"])
def test_images_that_cannot_be_made_stop_no_others(error: Exception, where: str) -> None:
    grid = Grid(**{where: error})
    broken = cluster._made(Pool(grid), WANTED)  # type: ignore[arg-type]
    assert {one.key for one in grid.made} == {one.key for one in WANTED} - {ODD.key}
    assert str(error) in str(broken.pop(ODD.key))
    assert not broken


def test_an_unexpected_error_says_where_it_arose() -> None:
    broken = cluster._made(Pool(Grid(images=RuntimeError("out of memory"))), WANTED)  # type: ignore[arg-type]
    assert "in images" in broken[ODD.key].__notes__[0]


def test_a_task_that_fails_costs_its_own_images_alone() -> None:
    broken = cluster._made(Pool(Grid(), RuntimeError("no such module")), WANTED)  # type: ignore[arg-type]
    assert {key: str(error) for key, error in broken.items()} == {one.key: "no such module" for one in WANTED}
    with pytest.raises(LostError):
        cluster._made(Pool(Grid(), LostError("too little memory")), WANTED)  # type: ignore[arg-type]

"""Learners of a grid's cells, each with the images and countermeasure that its cell names."""

from mtlue.data import ArrayDataset
from mtlue.evaluation.grids.cells import Cell, Perturbation
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.protocol import run_learner
from mtlue.evaluation.learners.treatments import Treatments
from mtlue.evaluation.records import Record
from mtlue.jobs.grids.data import GridData
from mtlue.jobs.grids.images import GridImages
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.runtime import Runtime


class GridLearners:
    """Trains one learner after another; what cells share lies in the folder.

    Args:
        folder: of the grid's records and shared work.
        data: the datasets of the grid.
        runtime: device, precision and progress; every seed comes from the grid.
    """

    def __init__(self, folder: RunFolder, data: GridData, runtime: Runtime) -> None:
        self._folder = folder
        self._data = data
        self._images = GridImages(folder, runtime)
        self._runtime = runtime
        self._treatments: tuple[str, ComparisonData, Treatments] | None = None

    def images(self, perturbed: Perturbation) -> ArrayDataset:
        """Training images of cells, made where they are not there yet; the errors are those of
        :meth:`mtlue.jobs.grids.images.GridImages.training`."""
        return self._images.training(perturbed, self._data.load(perturbed.dataset))

    def train(self, cell: Cell) -> Record:
        """The record of a cell."""
        data, treatments = self._audit_data(cell)
        condition = cell.perturbation.condition
        return run_learner(data, cell.learner, data.protected, condition, self._runtime, treatments)

    def _audit_data(self, cell: Cell) -> tuple[ComparisonData, Treatments]:
        """The images of a cell, and what countermeasures make of them: kept while cells of the same images follow."""
        perturbed = cell.perturbation
        if self._treatments is None or self._treatments[0] != perturbed.key:
            loaded, method = self._data.load(perturbed.dataset), perturbed.method
            data = ComparisonData(
                name=perturbed.dataset.name,
                clean=loaded.train,
                protected=self.images(perturbed),
                test=loaded.test,
                pipeline=loaded.pipeline,
                method=method.name if method else "",
                epsilon=method.epsilon if method else 0.0,
                label=perturbed.label,
                unprotected=method.scope.unprotected if method else (),
            )
            self._treatments = perturbed.key, data, Treatments(self._folder.shared, self._runtime)
        return self._treatments[1], self._treatments[2]

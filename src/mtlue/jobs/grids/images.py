"""The training images of a grid's cells: perturbed ones are made once, kept on disk, and shared by all processes."""

import time
from pathlib import Path

from mtlue.data import ArrayDataset
from mtlue.data.derived import read_images
from mtlue.evaluation.grids.cells import Perturbation
from mtlue.faults import Failures
from mtlue.files import write_json
from mtlue.jobs.grids.data import LoadedData
from mtlue.jobs.learners.run_folder import UNREACHABLE, RunFolder
from mtlue.methods.options import MethodChoice
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.structured import is_there


def images_file(folder: RunFolder, perturbed: Perturbation) -> Path:
    """Where perturbed images lie in the folder of a grid, once they are made."""
    return folder.shared / f"{perturbed.key}.npy"


class GridImages:
    """Perturbed images of a grid.

    Args:
        folder: of the grid's records and shared work.
        runtime: device, precision and progress; seeds come from the grid.
    """

    def __init__(self, folder: RunFolder, runtime: Runtime) -> None:
        self._folder = folder
        self._runtime = runtime
        self._failures = Failures()

    def training(self, perturbed: Perturbation, loaded: LoadedData) -> ArrayDataset:
        """The images that a learner trains on.

        Raises:
            Timeout: another process is making them.
            Exception: they could not be made, now or earlier in this run.
        """
        if perturbed.method is None:
            return loaded.train
        file, shape = images_file(self._folder, perturbed), tuple(loaded.train.images.shape)
        if not is_there(file, UNREACHABLE):
            with self._folder.claimed(perturbed.key), self._failures.once(perturbed.key):
                if not file.is_file():
                    self._make(perturbed, perturbed.method, loaded)
        return loaded.train.with_images(read_images(file, shape))

    def _make(self, perturbed: Perturbation, method: MethodChoice, loaded: LoadedData) -> None:
        runtime = self._runtime.replace(seed=perturbed.seed)
        runtime.progress.note(f"{perturbed.dataset.name}: {perturbed.label}, seed {perturbed.seed}")
        place = self._folder.shared / perturbed.key
        started = time.perf_counter()
        protector = Protector.of(method, runtime).fit(loaded.train, loaded.pipeline, self._folder.shared)
        protector.save(place)
        protector.protect(loaded.train, images_file(self._folder, perturbed))
        write_json(
            place.with_suffix(".json"),
            {
                "label": perturbed.label,
                "seconds": time.perf_counter() - started,
                "curves": protector.record.curves,
            },
        )

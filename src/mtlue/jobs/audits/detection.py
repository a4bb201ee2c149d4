"""Whether released images can be told from clean ones: found once for the same images, and kept as cells are."""

from pathlib import Path

from mtlue.evaluation.audits.detection import Detection, detect
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.files import write_json
from mtlue.jobs.learners.keys import LearnerKeys
from mtlue.jobs.learners.run_folder import CellStore, RunFolder
from mtlue.runtime import Runtime
from mtlue.structured import read_json

DETECTION = "detection"
"""What it is called among what an audit did not try."""


class KeptDetection:
    """A detection in a cell of the run's folder.

    Args:
        data: the images.
        folder: of the run.
        keys: of the run's cells.
        runtime: draws the attacker's secret.
    """

    def __init__(self, data: ComparisonData, folder: RunFolder, keys: LearnerKeys, runtime: Runtime) -> None:
        self._data = data
        self._runtime = runtime
        self._keys = keys
        self._cells: CellStore[Detection] = CellStore(folder, _read, _write)

    @property
    def found(self) -> Detection | None:
        """What was found of these images, in this run or an earlier one; None before."""
        key = self._keys.of_detection()
        return self._cells.result(key) if self._cells.has(key) else None

    def find(self) -> Detection:
        """Find it, unless it is known.

        Raises:
            InputError: there are no images of the attacker's own, or the release names no method.
        """
        key = self._keys.of_detection()
        for _ in self._cells.work_through([key], lambda _: detect(self._data, self._runtime)):
            pass
        return self._cells.result(key)


def _read(path: Path) -> Detection:
    return read_json(path, Detection, "delete it, and it is found again")


def _write(path: Path, found: Detection) -> None:
    write_json(path, found.to_json())

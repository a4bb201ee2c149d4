"""One trial of an audit after another, in one process: each training once, whatever was interrupted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mtlue.evaluation.audits.plan import Training, Trial
from mtlue.evaluation.keys import experiment_key
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.learners.protocol import Audit
from mtlue.evaluation.records import Record, read_records, write_records
from mtlue.jobs.audits.detection import KeptDetection
from mtlue.jobs.learners.keys import LearnerKeys
from mtlue.jobs.learners.run_folder import CellStore, RunFolder
from mtlue.jobs.learners.temporary import Temporary
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class Told:
    """A training has its records."""

    training: Training
    records: list[Record]


class Trials:
    """Trains the learners of trials, each with the one or two records of its test in a cell of the folder.

    Args:
        data: images, and the release's name and bounds.
        folder: of the audit.
        runtime: device, precision and progress; its seed draws noise and what countermeasures learn.

    Attributes:
        temporary: what learners share on disk.
        detection: of the released images, which somebody with this tool can try, too.
    """

    def __init__(self, data: ComparisonData, folder: RunFolder, runtime: Runtime) -> None:
        self.data = data
        self._folder = folder
        self.temporary = Temporary(folder)
        self.runtime = runtime
        self._keys = LearnerKeys(data, runtime)
        self.detection = KeptDetection(data, folder, self._keys, runtime)
        self._key = cache(lambda training: self._keys.of(training.learner, training.condition))
        self._cells: CellStore[list[Record]] = CellStore(folder, read_records, write_records)

    def run(self, trial: Trial) -> Iterator[Told]:
        """Train what has no records yet; tells of each training as soon as its records exist.

        What the trial's learners share lies on disk meanwhile; trials with the same countermeasure share it, too.
        """
        audit = Audit(self.data, self._scratch(trial.countermeasure), self.runtime)

        def train(position: int) -> list[Record]:
            training = trial.trainings[position]
            return [audit.run(learner, training.condition) for learner in training.tested()]

        keys = [self._key(training) for training in trial.trainings]
        for position in self._cells.work_through(keys, train):
            yield Told(trial.trainings[position], self._cells.result(keys[position]))

    def hear(self, told: Told) -> None:
        """A training has its records, by another process, whose files this one may not see yet."""
        self._cells.hear(self._key(told.training), told.records)

    def has(self, training: Training) -> bool:
        """Whether a training has its records."""
        return self._cells.has(self._key(training))

    def seconds(self, training: Training) -> float:
        """How long a training took that has its records."""
        return self._cells.result(self._key(training))[0].seconds

    def records(self, trainings: Sequence[Training]) -> list[Record]:
        """The records that exist already; each with the name of its attack."""
        return [
            replace(record, attack=training.attack)
            for training in trainings
            for cell in self._cells.present([self._key(training)])
            for record in cell
        ]

    def keep_traceback(self, attack: str, error: Exception) -> Path:
        """Keep the traceback of an exception."""
        return self._folder.write_traceback(experiment_key(attack), error)

    def is_prepared(self, trial: Trial) -> bool:
        """Whether what a trial's learners share lies on disk: it was begun, and is not cleared."""
        return any(map(self.has, trial.trainings)) and self.is_kept(trial.countermeasure)

    def is_kept(self, countermeasure: str) -> bool:
        """Whether something of what trials with a countermeasure share lies on disk."""
        return self._scratch(countermeasure).is_dir()

    def clear(self, countermeasure: str) -> None:
        """Give back the space of what trials with a countermeasure shared, unless another run may use it."""
        self.temporary.clear(self._scratch(countermeasure))

    def _scratch(self, countermeasure: str) -> Path:
        return self.temporary.path / experiment_key(countermeasure)  # its settings may hold a path

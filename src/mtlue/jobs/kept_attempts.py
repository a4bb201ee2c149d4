"""Fits that were checked while another one may follow: on disk, for the best of them and for an interrupted run.

They lie where the rest of an interrupted fit lies (:mod:`mtlue.jobs.interrupted`), and are as private.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from mtlue.errors import MtlueError
from mtlue.evaluation.records import Record, read_records, write_records
from mtlue.files import write_json
from mtlue.jobs.private_folder import PrivateTraining
from mtlue.jobs.self_check import SelfCheck
from mtlue.methods import FitRecord
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.structured import read_json

ATTEMPTS = "attempts"
"""Folder of the fits, each in one of its own."""
CHECKED = "records.json"
"""The learners of a fit's check; written last: without it a fit is not whole."""
_RECORD = "fit.json"
_REMEDY = "delete its folder, and the fit is repeated"


@dataclass(frozen=True)
class _SavedRecord(PrivateTraining):
    seconds: dict[str, float]


class KeptAttempts:
    """The fits of one request, by number.

    Args:
        folder: of what an interrupted run goes on from.
        runtime: of the command.
    """

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self._folder = folder / ATTEMPTS
        self._runtime = runtime

    def keep(self, number: int, protector: Protector, check: SelfCheck) -> None:
        """Write a fit and its check; not one that could not be checked, as no other follows it."""
        if check.records:
            place = self._place(number)
            protector.save(place)
            write_json(place / _RECORD, asdict(protector.record), numbers_in_a_line=True)
            write_records(place / CHECKED, check.records)

    def check(self, number: int) -> SelfCheck | None:
        """What was found of a fit; None where it is not there whole."""
        try:
            self.protector(number)
            return SelfCheck.of(read_records(self._place(number) / CHECKED))
        except MtlueError:
            return None

    def clean_record(self) -> Record | None:
        """Of the learner of clean images, which all fits share."""
        check = self.check(1)
        return None if check is None else check.records[0]

    def protector(self, number: int) -> Protector:
        """A fit.

        Raises:
            InputError: it is not there, or damaged.
        """
        place = self._place(number)
        saved = read_json(place / _RECORD, _SavedRecord, _REMEDY)
        protector = Protector.load(place, self._runtime)
        protector.record = FitRecord(saved.known_curves(), saved.seconds)
        return protector

    def _place(self, number: int) -> Path:
        return self._folder / str(number)

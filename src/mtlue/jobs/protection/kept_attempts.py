"""Fits while another one may follow: on disk, for the best of them and for an interrupted run.

They lie where the rest of an interrupted fit lies (:mod:`mtlue.jobs.protection.interrupted`), and are as private.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from mtlue.errors import MtlueError
from mtlue.evaluation.records import Record, read_records, write_records
from mtlue.files import named_errors, write_json
from mtlue.jobs.checked import SelfCheck
from mtlue.jobs.releases.private_folder import PrivateTraining
from mtlue.methods import FitRecord
from mtlue.protector import Protector
from mtlue.runtime import Runtime
from mtlue.structured import read_json

ATTEMPTS = "attempts"
"""Folder of the fits, each in one of its own."""
FITTED = "fit.json"
"""A fit's curves; written last: without it a fit is not whole."""
_IMAGES = "images.json"
"""A hash of the images and labels that all of them were made of."""
LEARNERS = 2
"""Records of a check: of the learner of clean images, and the one of protected images."""
_CHECKED = "records.json"
"""The learners of a fit's check."""
_REMEDY = "delete its folder, and the fit is repeated"


@dataclass(frozen=True)
class _SavedRecord(PrivateTraining):
    seconds: dict[str, float]


class KeptAttempts:
    """The fits of one request, by number.

    Args:
        folder: of what an interrupted run goes on from.

    Attributes:
        folder: the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = folder / ATTEMPTS

    def forget_others(self, images: str) -> bool:
        """Delete what was fitted to other images than those at hand, and whether there was any.

        Args:
            images: a hash of all that fits and their checks see.
        """
        record, others = self._folder / _IMAGES, False
        if _written(record) != images:
            with named_errors(self._folder):
                others = any(self._folder.glob(f"*/{FITTED}"))
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder.mkdir(mode=0o700, parents=True)
            write_json(record, images)
        return others

    def keep(self, number: int, protector: Protector) -> None:
        """Write a fit, in the place of a damaged one."""
        place = self._place(number)
        for written in (FITTED, _CHECKED):  # the mark first: killed amid this, what is there is no fit
            (place / written).unlink(missing_ok=True)
        protector.save(place)
        write_json(place / FITTED, asdict(protector.record), numbers_in_a_line=True)

    def keep_check(self, number: int, check: SelfCheck) -> None:
        """Write what was found of a fit that was kept; not of one that could not be checked: that is tried again."""
        if check.records:
            write_records(self._place(number) / _CHECKED, check.records)

    def fit(self, number: int, runtime: Runtime) -> Protector | None:
        """A fit; None where it is not there whole.

        Args:
            runtime: that it was made with.
        """
        place = self._place(number)
        try:
            saved = read_json(place / FITTED, _SavedRecord, _REMEDY)
            protector = Protector.load(place, runtime)
        except MtlueError:
            return None
        protector.record = FitRecord(saved.known_curves(), saved.seconds)
        return protector

    def holds(self, number: int) -> bool:
        """Whether a fit is there, as far as a look at its folder says."""
        return (self._place(number) / FITTED).is_file()

    def check(self, number: int) -> SelfCheck | None:
        """What was found of a fit; None where that is not known."""
        try:
            records = read_records(self._place(number) / _CHECKED)
        except MtlueError:
            return None
        return SelfCheck.of(records) if len(records) == LEARNERS else None

    def clean_record(self) -> Record | None:
        """Of the learner of clean images, which all fits share; None where it has not been tested."""
        check = self.check(1)
        return None if check is None else check.records[0]

    def _place(self, number: int) -> Path:
        return self._folder / str(number)


def _written(record: Path) -> str | None:
    try:
        return read_json(record, str, _REMEDY)
    except MtlueError:
        return None

"""What ``report`` is asked for; nothing heavy is imported before it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtlue.data.options import DataOptions
from mtlue.errors import InputError, param
from mtlue.evaluation.records import RESULTS, Record, read_records
from mtlue.files import sha256
from mtlue.jobs.learners.evaluated import records_in
from mtlue.jobs.learners.results_file import last_planned
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.places import check_data_places, check_place
from mtlue.release.finding import find_release
from mtlue.release.layout import ReleaseFolder


@dataclass(frozen=True)
class ReportRequest:
    """Gather what the page of an evaluation shows.

    Args:
        evaluation: folder that holds ``results.json``.
        others: more such folders, of the same dataset.
        protected: the release that was evaluated, for its images (where ``clean`` is given, too) and its curves.
        clean: where the clean images are.
        images: how many images are shown.
        out: HTML file that will hold the page; ``report.html`` next to the records where this is None.
    """

    evaluation: Path
    protected: Path | None = None
    clean: DataOptions | None = None
    images: int = 6
    out: Path | None = None
    others: tuple[Path, ...] = ()

    @property
    def folders(self) -> tuple[Path, ...]:
        """All evaluations."""
        return (self.evaluation, *self.others)

    @property
    def page(self) -> Path:
        """The HTML file."""
        return self.out or self.evaluation / "report.html"

    def check(self) -> None:
        """Refuse what is wrong with options and places.

        Raises:
            InputError: there are no records, or no release, or another one than was evaluated; the clean images are
                not there, or the page would lie among them.
            VerificationError: the release is not whole.
        """
        self.records_of()
        if self.protected is not None:
            self._require_evaluated(self.protected, sha256(ReleaseFolder(find_release(self.protected)).manifest))
        if self.clean is not None:
            check_data_places(self.clean)
        check_place(self.page, self.clean)

    def _require_evaluated(self, protected: Path, release: str) -> None:
        """Refuse to show images of another release than the scores are of; of earlier versions' nobody knows.

        Args:
            protected: as it was given.
            release: its manifest's SHA-256.

        Raises:
            InputError: so it is.
        """
        planned = [last_planned(RunFolder(folder)) for folder in self.folders]
        evaluated = [None if one is None else one.release for one in planned]
        if None not in evaluated and release not in evaluated:
            raise InputError(
                f"{param('protected')} {protected} is not the release that {' or '.join(map(str, self.folders))} is "
                f"the evaluation of, or was made again since: give that one, or leave {param('protected')} out"
            )

    def records_of(self) -> dict[Path, list[Record]]:
        """The evaluations' records, at least one of each.

        Raises:
            InputError: there are none, they cannot be read, or they are of different datasets.
        """
        found: dict[Path, list[Record]] = {}
        for folder in self.folders:
            records = read_records(records_in(folder))
            if not records:
                raise InputError(f"{folder / RESULTS} holds no records yet: let evaluate finish a learner first")
            found[folder] = records
        datasets = sorted({record.dataset for of in found.values() for record in of})
        if len(datasets) > 1:
            raise InputError(
                f"{' and '.join(map(str, self.folders))} hold records of different datasets ({', '.join(datasets)}): "
                "make a report for each"
            )
        return found

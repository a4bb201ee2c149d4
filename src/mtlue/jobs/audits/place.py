"""The images of an audit, for each process that trains its learners."""

from dataclasses import dataclass

from mtlue.evaluation.audits.plan import needs_own
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.learners.reading import OwnImages, read_audit_data
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.machines.pools import Computing
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.progress import Progress, Silent
from mtlue.runtime import Runtime


@dataclass(frozen=True)
class Place:
    """What a process needs in order to read the images of an audit.

    Args:
        request: of the audit.
        own: whether an attacker has clean images of their own.
        computing: as the audit's first process does.
    """

    request: AuditRequest
    own: OwnImages
    computing: Computing

    def read(self, runtime: Runtime) -> ComparisonData:
        """Clean and released images, each checked against its hash and epsilon."""
        request = self.request
        tested = request.plan.tests_released
        return read_audit_data(
            request.as_read,
            request.release,
            runtime,
            self.own,
            request.plan.holdout,
            "where held" if tested else "not wanted",
        )

    def trials(self, folder: RunFolder, progress: Progress) -> Trials:
        """Its trials, in a process that works for the audit's first one.

        Args:
            folder: of the audit.
            progress: gets learners' notes.
        """
        runtime = self.computing.runtime(Silent())
        return Trials(self.read(runtime), folder, runtime.replace(progress=progress))


def read_place(request: AuditRequest, runtime: Runtime) -> tuple[ComparisonData, Place]:
    """The images; without some of the attacker's own where there are too few to give any away."""
    own = any(needs_own(request.plan.attack(name)) for name in request.plan.attacks)
    place = Place(request, "where enough" if own else "not wanted", Computing.like(runtime))
    return place.read(runtime), place

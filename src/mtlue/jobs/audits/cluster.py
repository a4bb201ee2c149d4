"""Trials of an audit on a cluster."""

from dataclasses import dataclass, field, replace

from mtlue.evaluation.audits.plan import Trial
from mtlue.jobs.audits.notes import Notes
from mtlue.jobs.audits.place import Place
from mtlue.jobs.audits.trials import Told, Trials
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.machines.cluster import ClusterPool, Work
from mtlue.runtime import Runtime


class OnCluster(ClusterPool[Trial, list[Told | str]]):
    """A pool of a cluster's machines; what a trial has to tell comes once it has ended.

    Args:
        place: of the audit.
        runtime: of this process.
    """

    def __init__(self, place: Place, runtime: Runtime) -> None:
        folder = place.request.folder
        super().__init__(
            place.request.cluster,
            runtime,
            lambda computing: Work(_opened, _done, replace(place, computing=computing), folder),
        )

    def news(self) -> list[Told | str]:
        return []


@dataclass(frozen=True)
class _Open:
    trials: Trials
    notes: list[str] = field(default_factory=list)


def _opened(place: Place) -> _Open:
    notes: list[str] = []
    return _Open(place.trials(RunFolder(place.request.folder, claims=False), Notes(notes.append)), notes)


def _done(here: _Open, trial: Trial) -> list[Told | str]:
    told = list(here.trials.run(trial))
    notes = [*here.notes]
    here.notes.clear()
    return [*notes, *told]

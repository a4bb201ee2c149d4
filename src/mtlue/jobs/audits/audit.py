"""``audit``, from disk to disk: every attack on a release, and what comes back in the worst case."""

import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtlue.data.options import DataOptions
from mtlue.devices import learning_precision
from mtlue.evaluation.audits.estimate import Clock
from mtlue.evaluation.audits.options import AuditOptions
from mtlue.evaluation.audits.plan import AuditPlan
from mtlue.evaluation.audits.records import AuditReport
from mtlue.evaluation.learners.data import ComparisonData
from mtlue.evaluation.records import Record
from mtlue.evaluation.recoveries.untold import CHOOSING, FEW_TESTED
from mtlue.jobs.audits.cluster import OnCluster
from mtlue.jobs.audits.findings import Findings, earlier_report
from mtlue.jobs.audits.notes import Notes
from mtlue.jobs.audits.place import Place, read_place
from mtlue.jobs.audits.planned import planned_trials, unused, within_budget
from mtlue.jobs.audits.processes import Processes
from mtlue.jobs.audits.run import AuditRun
from mtlue.jobs.audits.time import Timing
from mtlue.jobs.audits.trials import Trials
from mtlue.jobs.audits.workers import Here, Pooled, Workers, processes_that_pay
from mtlue.jobs.events import FewTested, Listener, Note, ignore
from mtlue.jobs.inspection.few_tested import few_tested
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.auditor import AuditRequest
from mtlue.jobs.requests.cluster import ClusterOptions
from mtlue.registry.python_options import options_of, path_of
from mtlue.release.layout import AuditFolder
from mtlue.runtime import Runtime
from mtlue.threads import cpu_count


@dataclass(frozen=True)
class AuditResult:
    """What an audit found; the example of :func:`audit` reads one.

    Attributes:
        report: as ``audit.json`` holds it: records, recoveries and the verdict.
        data: the images that were compared, for pages.
        trained: learners that were not there before.
    """

    report: AuditReport
    data: ComparisonData
    trained: int

    @property
    def records(self) -> list[Record]:
        """One per learner and side of its test."""
        return self.report.records


def audit(
    release: Path | str,
    data: DataOptions | Path | str | None = None,
    *,
    out: Path | str | None = None,
    runtime: Runtime | None = None,
    tell: Listener = ignore,
    cluster: ClusterOptions | None = None,
    **options: Any,
) -> AuditResult:
    """Try to break a release, from JPEG to somebody who runs this tool; the worst first.

    It trains learners, so the tests do not run these lines, but for the last, which is refused at once:

    >>> import mtlue
    >>> result = mtlue.audit("out", only=["jpeg10", "grey"], budget="20m")  # doctest: +SKIP
    >>> for step in result.report.verdict:  # doctest: +SKIP
    ...     print(step.text)
    >>> worst = result.report.recoveries[0]  # doctest: +SKIP
    >>> worst.attack, worst.task, worst.value, worst.low, worst.high  # doctest: +SKIP
    >>> mtlue.audit("out", budget="soon")
    Traceback (most recent call last):
        ...
    mtlue.errors.InputError: budget soon: give a time above 0 with its unit, as in 90s, 20m, 2h or 1h30m

    Args:
        release: folder that ``protect`` wrote.
        data: where the clean images are; by default where they were for ``protect``. A path alone is the folder that
            they have moved to.
        out: folder for ``audit.json``; ``audit`` in the release's folder by default. What is there is not done again.
        runtime: where it computes; by default on a GPU if there is one, in :func:`mtlue.devices.learning_precision`.
        tell: gets the job's events (:mod:`mtlue.jobs.events`).
        cluster: machines that train the learners instead of this one.
        options: fields of :class:`mtlue.evaluation.audits.options.AuditOptions`. ``processes`` is 1 here by default:
            with more, the calling script has to be importable (``if __name__ == "__main__"``).

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    chosen = options_of(AuditOptions, {"processes": 1, **options}, "mtlue audit")
    place, plan = None if out is None else path_of(out, "out"), chosen.plan()
    released = path_of(release, "release")
    if isinstance(data, DataOptions):
        request = AuditRequest(released, data, plan, place, chosen.processes, cluster or ClusterOptions())
    else:
        moved = {} if data is None else {"data": path_of(data, "data")}
        request = AuditRequest.of(released, moved, plan, place, chosen.processes, cluster)
    request = replace(request, devices=chosen.devices)
    return run_audit(request, runtime or Runtime(precision=learning_precision()), tell)


def run_audit(request: AuditRequest, runtime: Runtime, tell: Listener = ignore) -> AuditResult:
    """Try to break a release, the most telling attacks first.

    Every released image is checked against its hash and epsilon first. While learners come in, what they show so far
    lies in ``unfinished.json``; once the audit has ended, in ``audit.json``, which until then says what an earlier
    audit of the same release found. Killed, and run again, it goes on with the learners that it has.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; its seed draws noise and what attacks learn, learners have their own.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    started = time.monotonic()
    request.check()
    runtime.require_gpus(request.devices)
    RunFolder(request.folder).create()
    data, place = read_place(request, runtime)
    return _audited(data, request.plan, request.folder, runtime, tell, started, place)


def audit_images(
    data: ComparisonData, plan: AuditPlan, folder: Path, runtime: Runtime, tell: Listener = ignore
) -> AuditResult:
    """As :func:`run_audit`, of images that are in memory already, in this process.

    Args:
        data: clean, protected and test images, and those of the attacker's own where there are some.
        plan: what is tried.
        folder: for ``audit.json`` and the learners' records.
        runtime, tell: as for :func:`run_audit`.
    """
    started = time.monotonic()
    RunFolder(folder).create()
    return _audited(data, plan, folder, runtime, tell, started)


def _audited(
    data: ComparisonData,
    plan: AuditPlan,
    path: Path,
    runtime: Runtime,
    tell: Listener,
    started: float,
    place: Place | None = None,
) -> AuditResult:
    findings = AuditFolder(path)
    notes = Notes(lambda text: tell(Note(text)))
    trials = Trials(data, RunFolder(path), runtime.replace(progress=notes))
    if few := few_tested(data.test.tasks, data.test.labels, len(data.test)):
        tell(few)
        plan = _plain_alone(plan, few, tell)
    earlier = earlier_report(findings, data)
    timing = Timing(Clock(data, plan, runtime), trials, plan.budget, started, earlier.cost.taken if earlier else 0.0)
    asked = [trial for of_attack in planned_trials(plan, data)[0].values() for trial in of_attack]
    work = min(timing.work(asked), timing.left)
    with trials.temporary.used(), closing(_workers(place, trials, work, len(asked))) as workers:
        timing.processes = workers.count
        plan = within_budget(plan, data, timing, earlier)
        if other := unused(plan, earlier):
            tell(Note(other))
        run = AuditRun(plan, trials, Findings(findings, plan, trials, timing), timing, tell, runtime.progress)
        report = run.to_end(workers)
    return AuditResult(report, data, run.count)


def _plain_alone(plan: AuditPlan, few: FewTested, tell: Listener) -> AuditPlan:
    """The plan without its attacks where nothing can be told of any task, unless somebody chose them."""
    if few.audited or plan.asked:
        return plan
    tell(Note(f"so plain learners are trained, and no attack is tried: {CHOOSING} tries attacks all the same"))
    return replace(plan, withheld=FEW_TESTED)


def _workers(place: Place | None, trials: Trials, seconds: float, count: int) -> Workers:
    """Where ``count`` trials are run, which would take ``seconds`` one after another."""
    if place is None:
        return Here(trials)
    note = trials.runtime.progress.note
    if place.request.cluster.cluster is not None:
        return Pooled(OnCluster(place, trials.runtime), trials, note)
    devices = place.request.devices
    processes = processes_that_pay(place.request.processes, seconds, count, trials.runtime, devices)
    if processes == 1:
        return Here(trials)
    computing = replace(place.computing, threads=max(1, cpu_count() // processes))
    return Pooled(Processes(replace(place, computing=computing), processes, devices), trials, note)

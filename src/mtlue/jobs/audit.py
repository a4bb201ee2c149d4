"""``audit``, from disk to disk: every attack on a release, and what comes back in the worst case."""

from contextlib import closing
from dataclasses import dataclass, replace

from mtlue.errors import InputError
from mtlue.evaluation.attacks import find_attack
from mtlue.evaluation.audit_data import AuditData
from mtlue.evaluation.audit_estimate import Clock
from mtlue.evaluation.audit_plan import needs_own
from mtlue.evaluation.audit_records import AuditReport
from mtlue.jobs.audit_findings import Findings, seconds_before
from mtlue.jobs.audit_requests import AuditRequest
from mtlue.jobs.audit_run import AuditRun
from mtlue.jobs.audit_time import Timing
from mtlue.jobs.audit_trials import Trials
from mtlue.jobs.audit_workers import Here, Place, Processes, Workers, processes_that_pay
from mtlue.jobs.events import Listener, ignore
from mtlue.jobs.run_folder import RunFolder
from mtlue.progress import Silent
from mtlue.runtime import Runtime
from mtlue.threads import cpu_count


@dataclass(frozen=True)
class AuditResult:
    """What an audit found.

    Attributes:
        report: as ``audit.json`` holds it.
        data: the images that were compared, for pages.
        trained: learners that were not there before.
    """

    report: AuditReport
    data: AuditData
    trained: int


def run_audit(request: AuditRequest, runtime: Runtime, tell: Listener = ignore) -> AuditResult:
    """Try to break a release, the most telling attacks first.

    Every released image is checked against its hash and epsilon first. ``audit.json`` is written whole as learners come
    in; killed, and run again, the audit goes on with those that it has.

    Args:
        request: what is asked for.
        runtime: device, precision and progress; its seed draws noise and what attacks learn, learners have their own.
        tell: gets the job's events.

    Raises:
        MtlueError: bad input or an unwritable output, named.
    """
    request.check()
    folder = RunFolder(request.folder)
    folder.create()
    data, place = _read(request, runtime)
    trials = Trials(data, folder, runtime.replace(progress=Silent()))
    timing = Timing(Clock(data, request.plan, runtime), trials, request.plan.budget, seconds_before(request.report))
    findings = Findings(request.report, trials, timing)
    run = AuditRun(request.plan, trials, findings, timing, tell, runtime.progress)
    timing.processes = processes_that_pay(request.processes, timing.work(run.trials), len(run.trials), runtime)
    with closing(_workers(place, trials, timing.processes)) as workers:
        report = run.to_end(workers)
    folder.remove_temporary()
    return AuditResult(report, data, run.count)


def _read(request: AuditRequest, runtime: Runtime) -> tuple[AuditData, Place]:
    """The images; without some of the attacker's own where there are too few to give any away."""
    own = any(needs_own(find_attack(name)) for name in request.plan.attacks)
    place = Place(request, own, runtime.accelerator, runtime.precision, runtime.seed)
    try:
        return place.read(runtime), place
    except InputError:
        if not place.own:
            raise
        place = replace(place, own=False)
        return place.read(runtime), place


def _workers(place: Place, trials: Trials, count: int) -> Workers:
    if count == 1:
        return Here(trials)
    return Processes(replace(place, threads=max(1, cpu_count() // count)), count)

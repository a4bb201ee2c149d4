"""``mtlue evaluate``: train learners on clean, noised and protected images and test them on clean ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.cli.parsing.options import Parser
from mtlue.cli.parsing.values import CHECK
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions, clean_data
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.shared.workers import WorkerOptions
from mtlue.cli.telling.accounts import print_note
from mtlue.cli.terminal.console import out, say_next, typed
from mtlue.evaluation.learners.options import EvaluationOptions
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.evaluation.records import RESULTS
from mtlue.faults import Faults
from mtlue.jobs.requests.auditor import EvaluateRequest
from mtlue.jobs.requests.places import require_release


@dataclass(frozen=True)
class PlaceOptions:
    """What is evaluated, and where the result goes.

    Args:
        protected: folder that protect wrote; it remembers where the clean images are and how they were read.
        out: folder for results.json; a run that was interrupted goes on there.
    """

    protected: Path = field(metadata={CHECK: require_release})
    out: Path


def run(arguments: Sequence[str]) -> int:
    groups = (PlaceOptions, CleanOptions, EvaluationOptions, WorkerOptions, RuntimeOptions)
    given = Parser("evaluate", __doc__ or "", *groups, words=("protected", "data")).parse(arguments)
    places = given[PlaceOptions]
    faults = Faults()
    plan = EvaluationPlan()
    with faults.gathered():
        plan = given[EvaluationOptions].plan()
    data = clean_data(places.protected, given[CleanOptions], faults)
    workers = given[WorkerOptions]
    with faults.gathered():
        workers.check()
    request = EvaluateRequest(data, places.protected, places.out, plan)
    with faults.told_together():
        request.examine()
    faults.check()
    with heavy_imports():
        from mtlue.cli.telling.events import tell
        from mtlue.jobs.learners.evaluate import run_evaluate
        from mtlue.report.evaluations.table import render_release_table
        from mtlue.report.tables.footnotes import small_margins

        runtime = given[RuntimeOptions].runtime()
    runtime.require_gpus(workers.devices)
    with workers.helpers("evaluate", arguments):
        result = run_evaluate(request, runtime, tell)
    out.print(render_release_table(result.records))
    for note in small_margins(result.records):
        print_note(note)
    out.print(f"records: {places.out / RESULTS}", soft_wrap=True)
    say_next(f"mtlue report {typed(places.out)} --protected {typed(places.protected)} makes a page of it")
    return 0

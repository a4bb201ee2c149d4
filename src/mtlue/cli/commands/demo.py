"""``mtlue demo``: protect embedded images, prove it, and see what learners learn from them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.cli.parsing.method import MethodParser
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.terminal.console import out, say_next
from mtlue.data.options import DataOptions
from mtlue.errors import InputError, check_least, param
from mtlue.evaluation.learners.options import EvaluationOptions
from mtlue.jobs.learners.report_request import ReportRequest
from mtlue.jobs.learners.results_file import last_planned, leave_other_release
from mtlue.jobs.learners.run_folder import RunFolder
from mtlue.jobs.requests.auditor import EvaluateRequest
from mtlue.jobs.requests.owner import ProtectRequest
from mtlue.jobs.requests.self_check import SelfCheckOptions
from mtlue.methods.options import MethodOptions

LEARNER_EPOCHS = 9
"""Fewer than by default: enough to show the effect within minutes on two cores."""


@dataclass(frozen=True)
class DemoOptions:
    """The demo.

    Args:
        out: folder for the protected images, the records and the report.
        train_images: training images to render.
        test_images: test images to render.
        overwrite: replace an earlier demo in the folder.
    """

    out: Path = Path("demo-out")
    train_images: int = 4000
    test_images: int = 1000
    overwrite: bool = False


@dataclass(frozen=True)
class DemoLearners(EvaluationOptions):
    """What learners are trained.

    Args:
        seeds: how many (0, 1, ...), or which ones (0,5,7, or "1," for seed 1 alone); one by default.
        learner_epochs: epochs of a learner; 9 by default.
    """


def run(arguments: Sequence[str]) -> int:
    groups = (DemoOptions, MethodOptions, DemoLearners, RuntimeOptions)
    parser = MethodParser("demo", __doc__ or "", arguments, *groups)
    given = parser.parse(arguments)
    demo, method = given[DemoOptions], parser.method(given)
    check_least(demo, train_images=2, test_images=1)
    plan = _quick(given[DemoLearners]).plan()
    data = DataOptions("digits", limit_train=demo.train_images, limit_test=demo.test_images)
    seed = given[RuntimeOptions].number()
    unchecked = SelfCheckOptions(self_check=False)  # the demo's own learners say more
    request = ProtectRequest(
        data, demo.out / "protected", demo.overwrite, method=method, seed=seed, self_check=unchecked
    )
    request.examine()
    audit, page = demo.out / "evaluation", demo.out / "report.html"
    learners = RunFolder(audit)
    earlier = last_planned(learners)
    if earlier is not None and not demo.overwrite:
        raise InputError(f"{audit} holds what an earlier demo found: give {param('overwrite')} to replace it")
    started = time.perf_counter()
    with heavy_imports():
        from mtlue.cli.telling.events import tell
        from mtlue.jobs.learners.evaluate import run_evaluate
        from mtlue.jobs.learners.reading import release_identity
        from mtlue.jobs.learners.report import run_report
        from mtlue.jobs.protection.protect import run_protect
        from mtlue.report.evaluations.page import write_page
        from mtlue.report.evaluations.table import render_release_table

        runtime = given[RuntimeOptions].runtime()
    run_protect(request, runtime, tell)
    leave_other_release(learners, release_identity(request.out))
    result = run_evaluate(EvaluateRequest(data, request.out, audit, plan), runtime, tell)
    material = run_report(ReportRequest(audit, request.out, data), runtime)
    write_page(page, material.records, material.images, material.fitting, material.complete, material.fidelity)
    out.print(render_release_table(result.records))
    out.print(f"done in {time.perf_counter() - started:.0f} s")
    out.print(f"report: {page}", soft_wrap=True)
    say_next(f"open {page} in a browser, then try your own: mtlue inspect FOLDER")
    return 0


def _quick(options: EvaluationOptions) -> EvaluationOptions:
    """One seed of few epochs, where the user does not ask for others."""
    epochs = LEARNER_EPOCHS if options.learner_epochs is None else options.learner_epochs
    return replace(options, learner_epochs=epochs, seeds=1 if options.seeds is None else options.seeds)

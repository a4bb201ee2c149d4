"""``mtlue demo``: protect embedded images, prove it, and see what learners make of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.method import MethodParser
from mtlue.cli.protect import print_result
from mtlue.cli.task_table import print_tasks
from mtlue.data.options import DataOptions
from mtlue.evaluation.options import EvaluationOptions
from mtlue.jobs.evaluate import run_evaluate
from mtlue.jobs.protect import run_protect
from mtlue.jobs.report import read_report_material
from mtlue.methods.options import MethodOptions
from mtlue.report.page import SHOWN_IMAGES, write_page
from mtlue.report.release_table import render_release_table

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


def run(arguments: Sequence[str]) -> int:
    groups = (DemoOptions, MethodOptions, EvaluationOptions, RuntimeOptions)
    parser = MethodParser("demo", __doc__ or "", arguments, *groups)
    options = parser.parse(arguments)
    demo, method = parser.read(options, DemoOptions), parser.method(options)
    runtime = parser.read(options, RuntimeOptions).runtime()
    evaluation = parser.read(options, EvaluationOptions)
    if evaluation.learner_epochs is None:
        evaluation = replace(evaluation, learner_epochs=LEARNER_EPOCHS)
    if evaluation.seeds is None:
        evaluation = replace(evaluation, seeds=1)
    plan = evaluation.plan()
    started = time.perf_counter()
    data = DataOptions("digits", limit_train=demo.train_images, limit_test=demo.test_images)
    protected, audit = demo.out / "protected", demo.out / "evaluation"
    result = run_protect(
        data,
        protected,
        method,
        runtime,
        overwrite=demo.overwrite,
        when_loaded=print_tasks,
    )
    print_result(result, protected)
    records = run_evaluate(data, protected, audit, plan, runtime)
    material = read_report_material(audit, protected, data, runtime, SHOWN_IMAGES)
    page = demo.out / "report.html"
    write_page(page, material.records, material.images, material.fitting)
    out.print(render_release_table(records))
    out.print(f"done in {time.perf_counter() - started:.0f} s")
    out.print(f"report: {page}", soft_wrap=True)
    return 0

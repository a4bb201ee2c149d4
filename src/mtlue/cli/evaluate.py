"""``mtlue evaluate``: train learners on clean, noised and protected images and test them on clean ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.options import Parser
from mtlue.data.options import DataOptions
from mtlue.evaluation.options import EvaluationOptions
from mtlue.evaluation.records import RESULTS
from mtlue.jobs.evaluate import run_evaluate
from mtlue.report.release_table import render_release_table


@dataclass(frozen=True)
class PlaceOptions:
    """What is evaluated, and where the result goes.

    Args:
        protected: folder that protect wrote.
        out: folder for results.json.
    """

    protected: Path
    out: Path


def run(arguments: Sequence[str]) -> int:
    parser = Parser("evaluate", __doc__ or "", DataOptions, PlaceOptions, EvaluationOptions, RuntimeOptions)
    given = parser.parse(arguments)
    places = given[PlaceOptions]
    records = run_evaluate(
        given[DataOptions],
        places.protected,
        places.out,
        given[EvaluationOptions].plan(),
        given[RuntimeOptions].runtime(),
    )
    out.print(render_release_table(records))
    out.print(f"records: {places.out / RESULTS}")
    return 0

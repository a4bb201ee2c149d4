"""``mtlue analyse``: see how far apart a learner's features lie inside each class, on clean and on protected images."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mtlue.cli.parsing.options import Parser, first_look
from mtlue.cli.parsing.values import CHECK
from mtlue.cli.process import heavy_imports
from mtlue.cli.shared.clean_images import CleanOptions, clean_data
from mtlue.cli.shared.devices import RuntimeOptions
from mtlue.cli.telling.accounts import print_account
from mtlue.cli.terminal.console import out, say_next
from mtlue.evaluation.learners.options import TrainingOptions, seed_list
from mtlue.evaluation.learners.plan import EvaluationPlan
from mtlue.faults import Faults
from mtlue.jobs.requests.auditor import AnalyseRequest
from mtlue.jobs.requests.places import require_release

FIGURE = "features.png"


@dataclass(frozen=True)
class AnalyseOptions:
    """What is looked at.

    Args:
        protected: folders that protect wrote, of the same images with the same data options; the first one remembers
            where the clean images are and how they were read.
        out: folder for analysis.json and features.png; a run that was interrupted goes on there.
        seeds: how many (0, 1, ...), or which ones (0,5,7, or "1," for seed 1 alone).
        plot_images: images of the figure, chosen by the hash of their id. They are points: no image is shown.
    """

    protected: list[Path] = field(metadata={CHECK: require_release})
    out: Path
    seeds: int | list[int] = 1
    plot_images: int = 1000


def run(arguments: Sequence[str]) -> int:
    groups = (AnalyseOptions, CleanOptions, TrainingOptions, RuntimeOptions)
    several = first_look(arguments, "protected")[0] is not None  # else a second word would be a second release
    word = "data" if several else "protected"
    given = Parser("analyse", __doc__ or "", *groups, words=(word,)).parse(arguments)
    options = given[AnalyseOptions]
    faults = Faults()
    plan = EvaluationPlan()
    with faults.gathered():
        plan = EvaluationPlan(given[TrainingOptions].learner(), seeds=seed_list(options.seeds))
    data = clean_data(options.protected[0], given[CleanOptions], faults)
    releases = tuple(options.protected)
    request = AnalyseRequest(data, releases, options.out, plan, options.plot_images)
    with faults.told_together():
        request.examine()
    faults.check()
    with heavy_imports():
        from mtlue.cli.telling.events import tell
        from mtlue.jobs.learners.analyse import run_analyse
        from mtlue.jobs.learners.analysis_file import ANALYSIS
        from mtlue.report.pictures.embedding_plot import write_embeddings
        from mtlue.report.tables.spreads import render_spreads

        runtime = given[RuntimeOptions].runtime()
    analysis = run_analyse(request, runtime, tell)
    write_embeddings(options.out / FIGURE, analysis.features, analysis.shown, analysis.shown_spreads(), runtime)
    for table in render_spreads(analysis.learners):
        out.print(table)
    print_account([], [f"left out: {reason}" for reason in analysis.left_out], rest=f", listed in {ANALYSIS}")
    out.print(f"spreads: {options.out / ANALYSIS}")
    out.print(f"figure: {options.out / FIGURE}")
    say_next(
        f"open {options.out / FIGURE}: classes that lie apart on protected images alone are what learners fell for"
    )
    return 0

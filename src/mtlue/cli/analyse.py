"""``mtlue analyse``: see how far apart a learner's features lie inside each class, on clean and on protected images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mtlue.cli.accounts import print_account
from mtlue.cli.console import RuntimeOptions, out
from mtlue.cli.options import Parser
from mtlue.data.options import DataOptions
from mtlue.evaluation.options import EvaluationOptions
from mtlue.evaluation.plan import EvaluationPlan
from mtlue.jobs.analyse import ANALYSIS, run_analyse
from mtlue.report.embedding_plot import write_embeddings
from mtlue.report.spread_table import render_spreads

FIGURE = "features.png"


@dataclass(frozen=True)
class AnalyseOptions:
    """What is looked at, and by which learners.

    Args:
        protected: folders that protect wrote, of the same images with the same data options.
        out: folder for analysis.json and features.png.
        backbone: tiny (suits 2 cores and 32 to 64 pixels), resnet18, resnet50 or any name of timm.
        seeds: how many (0, 1, ...), or which ones (0,5,7).
        learner_epochs: epochs of a learner; by default 12, more on few images.
        batch_size: images a step.
        plot_images: images of the figure, chosen by the hash of their id. They are points: no image is shown.
    """

    protected: list[str]
    out: Path
    backbone: str = "tiny"
    seeds: int | list[int] = 1
    learner_epochs: int | None = None
    batch_size: int = 128
    plot_images: int = 1000

    def plan(self) -> EvaluationPlan:
        """As ``evaluate`` trains multi-task learners."""
        return EvaluationOptions(
            backbone=self.backbone, seeds=self.seeds, learner_epochs=self.learner_epochs, batch_size=self.batch_size
        ).plan()


def run(arguments: Sequence[str]) -> int:
    parser = Parser("analyse", __doc__ or "", DataOptions, AnalyseOptions, RuntimeOptions)
    given = parser.parse(arguments)
    chosen, runtime = given[AnalyseOptions], given[RuntimeOptions].runtime()
    releases = [Path(folder) for folder in chosen.protected]
    analysis = run_analyse(given[DataOptions], releases, chosen.out, chosen.plan(), chosen.plot_images, runtime)
    write_embeddings(chosen.out / FIGURE, analysis.features, analysis.shown, analysis.shown_spreads(), runtime)
    for table in render_spreads(analysis.learners):
        out.print(table)
    print_account([], [f"left out: {its}" for its in analysis.left_out], rest=f", listed in {ANALYSIS}")
    out.print(f"spreads: {chosen.out / ANALYSIS}")
    out.print(f"figure: {chosen.out / FIGURE}")
    return 0

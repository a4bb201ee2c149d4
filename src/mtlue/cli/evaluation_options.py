"""Flags of an evaluation."""

from dataclasses import dataclass, replace

from mtlue.evaluation.protocol import EvaluationPlan


@dataclass(frozen=True)
class EvaluationOptions:
    """What learners are trained.

    Args:
        backbone: tiny (suits 2 cores and 32 to 64 pixels), resnet18, resnet50 or any name of timm.
        seeds: how many (0, 1, ...), or which ones (0,5,7).
        settings: mtl (one learner for all tasks), stl (one learner a task), or both.
        compare: training images to compare: clean, noise, protected.
        learner_epochs: epochs of a learner; by default 12, more on few images.
        batch_size: images a step.
        weighting: how a multi-task learner combines its losses: ls, uw, rlw, aligned-mtl, fairgrad or torchjd's name
            of one.
    """

    backbone: str = "tiny"
    seeds: int | list[int] = 1
    settings: list[str] | None = None
    compare: list[str] | None = None
    learner_epochs: int | None = None
    batch_size: int = 128
    weighting: str = "ls"

    def plan(self) -> EvaluationPlan:
        """The evaluation's plan, checked."""
        default = EvaluationPlan()
        recipe = replace(default.recipe.with_epochs(self.learner_epochs), batch_size=self.batch_size)
        return EvaluationPlan(
            backbone=self.backbone,
            recipe=recipe,
            seeds=tuple(range(self.seeds)) if isinstance(self.seeds, int) else tuple(self.seeds),
            settings=tuple(self.settings) if self.settings else default.settings,  # type: ignore[arg-type]
            data=tuple(self.compare) if self.compare else default.data,  # type: ignore[arg-type]
            weighting=self.weighting,
        )

"""Options of an audit. Imports nothing heavy."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mtlue.durations import read_duration
from mtlue.errors import InputError, check_least, check_most, param
from mtlue.evaluation.attacks import ATTACKS, find_attack
from mtlue.evaluation.attacks.tiers import TIERS, Tier, of_tiers
from mtlue.evaluation.audits.concessions import Yielding
from mtlue.evaluation.audits.plan import MOST_PROCESSES, AuditPlan
from mtlue.evaluation.learner import Learner
from mtlue.evaluation.learners.options import TrainingOptions, seed_list
from mtlue.registry import whole_choices
from mtlue.registry.python_options import declare


@dataclass(frozen=True)
class AuditOptions:
    """What an audit tries, and for how long.

    Args:
        only: attacks to try, by name, or all of a tier; by default all, or none where test images are too few for
            anything to be known. Any countermeasure of evaluate's is one, too, with its settings: jpeg:quality=42.
        tier: attacks to try, by what an attacker needs: nothing, compute, tool (this tool, or clean images of their
            own) or model (a large pretrained model).
        budget: time that the audit may take, as in 90s, 20m or 2h: what tells most for its time comes first. Where it
            is small, single-task learners, then epochs are given up, unless they are asked for; the plan says so.
        settings: mtl (one learner for all tasks), stl (one learner per task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        seeds: how many per attack (0, 1, ...), or which ones (0,5,7, or "1," for seed 1 alone); by default 1.
        more_seeds: how many more the three strongest attacks get at most, until their order is stable; by default 2,
            or, with a budget, as many as fit in it, but no more than 10.
        holdout: tasks of the dataset that were left out of protect, whose labels an attacker brings along.
        weights: file of pretrained weights (.safetensors or .pth) for the attacks that start from some; by default
            those of the extra 'pretrained'.
        weights_backbone: the network that they are of: any of timm's names.
        model: diffusion model for the attack that needs one: a folder, or a name on the Hugging Face hub.
        backbone: of the usual learner: tiny or vit_narrow (suit 2 cores and 32 to 64 pixels), resnet18, or another of
            evaluate's.
        learner_recipe: fast (12 epochs, more on few images) or paper (60 epochs).
        learner_epochs: epochs of every learner instead, those of attacks that take more or fewer by themselves, too.
        learner_rate: overrides the recipe's peak learning rate; attacks that train another network have their own.
        batch_size: images per step.
        processes: learners that are trained at a time, which share the cores; by default as many as pay here, of
            GPUs one for each.
        devices: GPUs of this machine that they are spread over, each on one of them.
    """

    only: list[str] | None = None
    tier: list[Tier] | None = None
    budget: str | None = None
    settings: list[str] | None = None
    stl_tasks: list[str] | None = None
    seeds: int | list[int] | None = None
    more_seeds: int | None = None
    holdout: list[str] | None = None
    weights: Path | None = None
    weights_backbone: str = "resnet18"
    model: str | None = None
    backbone: str = "tiny"
    learner_recipe: Literal["fast", "paper"] = "fast"
    learner_epochs: int | None = None
    learner_rate: float | None = None
    batch_size: int = 128
    processes: int | None = None
    devices: int = 1

    def __post_init__(self) -> None:
        declare(self)

    def plan(self) -> AuditPlan:
        """The audit's plan, checked.

        Raises:
            InputError: names the option.
        """
        check_least(self, more_seeds=0, processes=1, devices=1)
        check_most(self, more_seeds=100, processes=MOST_PROCESSES)
        default = AuditPlan()
        return AuditPlan(
            learner=self._learner(),
            attacks=self._attacks(),
            named=self._named(),
            settings=tuple(self.settings) if self.settings else default.settings,  # type: ignore[arg-type]
            stl_tasks=tuple(self.stl_tasks) if self.stl_tasks else None,
            seeds=seed_list(self.seeds) or default.seeds,
            more_seeds=self.more_seeds,
            budget=None if self.budget is None else read_duration(self.budget, "budget"),
            holdout=tuple(self.holdout or ()),
            weights=self.weights,
            weights_backbone=self.weights_backbone,
            model=self.model,
            epochs=self.learner_epochs,
            yielding=tuple(self._yielding()),
        )

    def _yielding(self) -> Iterator[Yielding]:
        """What a small budget may take away, as nobody asked for it."""
        if not self.settings and not self.stl_tasks:
            yield "single-task learners"
        if self.learner_epochs is None and self.learner_recipe == "fast":
            yield "epochs"

    def _learner(self) -> Learner:
        training = TrainingOptions(
            backbone=self.backbone,
            learner_recipe=self.learner_recipe,
            learner_epochs=self.learner_epochs,
            learner_rate=self.learner_rate,
            batch_size=self.batch_size,
        )
        return training.learner()

    def _attacks(self) -> tuple[str, ...]:
        """The attacks that are asked for, by rank."""
        if self.only is None and self.tier is None:
            return AuditPlan().attacks
        tiers: list[str] = [*(self.tier or ()), *(name for name in self._only if name in TIERS)]
        chosen = dict.fromkeys([*(self._named() or ()), *of_tiers(ATTACKS.values(), tiers)])
        return tuple(sorted(chosen, key=lambda name: find_attack(name).rank))

    def _named(self) -> tuple[str, ...] | None:
        """The attacks that are asked for one by one; None where neither attacks nor tiers are asked for."""
        if self.only is None and self.tier is None:
            return None
        return tuple(dict.fromkeys(_known(name) for name in self._only if name not in TIERS))

    @property
    def _only(self) -> tuple[str, ...]:
        return whole_choices(self.only or ())  # "jpeg:quality=42,chroma=1" is split at its comma by a face


def _known(name: str) -> str:
    """The name of the attack that is meant."""
    try:
        return find_attack(name, TIERS).name
    except InputError as error:
        raise InputError(f"{param('only')}: {error.text}") from error

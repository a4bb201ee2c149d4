"""What an audit trains: attacks, each on protected images and on clean ones. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.errors import InputError, param
from mtlue.evaluation.attacks import ATTACKS, Attack, find_attack
from mtlue.evaluation.attacks.tiers import tier_of
from mtlue.evaluation.audits.concessions import YIELDING, Concession, Yielding
from mtlue.evaluation.countermeasures import create
from mtlue.evaluation.learner import SETTINGS, Learner, Setting
from mtlue.evaluation.learners.plan import (
    check_learner,
    check_named_once,
    check_stl_wanted,
    check_weights,
    task_groups,
)
from mtlue.evaluation.records import Condition
from mtlue.evaluation.recoveries.recovery import PLAIN
from mtlue.registry import setting_text

if TYPE_CHECKING:
    from mtlue.tasks import Task

DIFFUSION = "diffusion"
"""The countermeasure that the plan's model is for, where the attack names none."""
MOST_PROCESSES = 256
MORE_SEEDS, MORE_SEEDS_IN_BUDGET = 2, 10
"""Seeds that the strongest attacks are given at most besides the plan's, without a budget and with one."""
MOST_TELLING = 3
"""Attacks whose order is to be stable."""


def by_rank() -> tuple[str, ...]:
    """The names of all attacks that are tried unasked, the most telling first."""
    ranked = sorted(ATTACKS.values(), key=lambda attack: attack.rank)
    return tuple(attack.name for attack in ranked if not attack.costly)


@dataclass(frozen=True)
class AuditPlan:
    """What an audit tries.

    Args:
        learner: the usual one, which attacks change; setting, tasks, seed and countermeasure are those below.
        attacks: names, the most telling first; the plain one is always tried.
        settings: mtl (one learner for all tasks), stl (one learner per task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        seeds: of every attack.
        more_seeds: how many more the strongest attacks get at most, until their order is stable; by default 2, or, with
            a budget, as many as fit in it, but no more than 10.
        budget: seconds that the audit may take; None for as long as it needs.
        holdout: tasks that were left out of the release, whose labels an attacker brings along.
        weights: file of pretrained weights, in the place of the package's, for the attacks that start from some.
        weights_backbone: the network that they are of.
        model: folder or hub name of a diffusion model, for the attack that needs one.
        epochs: of every learner, however many its attack takes by itself; None leaves that to the attacks.
        yielding: what may be given up where the budget is too small for it, as nobody asked for it.
        concession: what has been given up; the other fields are without it already (:meth:`conceding`).
        named: those of them that were asked for one by one, none where a tier was; None where nothing was asked for,
            or ``attacks`` say it all.
        withheld: why none but the plain one is tried, whatever ``attacks`` says; None where they are tried.

    Raises:
        InputError: an unknown or repeated name, a file that is not there, or no seed.
    """

    learner: Learner = field(default_factory=Learner)
    attacks: tuple[str, ...] = field(default_factory=by_rank)
    settings: tuple[Setting, ...] = SETTINGS
    stl_tasks: tuple[str, ...] | None = None
    seeds: tuple[int, ...] = (0,)
    more_seeds: int | None = None
    budget: float | None = None
    holdout: tuple[str, ...] = ()
    weights: Path | None = None
    weights_backbone: str = "resnet18"
    model: str | None = None
    epochs: int | None = None
    yielding: tuple[Yielding, ...] = YIELDING
    concession: Concession | None = None
    named: tuple[str, ...] | None = None
    withheld: str | None = None

    def __post_init__(self) -> None:
        for name in self.attacks:
            self.attack(name)
        unknown = [setting for setting in self.settings if setting not in SETTINGS]
        if unknown or not self.settings:
            raise InputError(f"{param('settings')} {' '.join(unknown)}: give {' or '.join(SETTINGS)}, or both")
        check_stl_wanted(self.settings, self.stl_tasks)
        if not self.seeds:
            raise InputError(f"{param('seeds')}: give at least one seed")
        if self.weights is not None:
            check_weights("weights", self.weights, "a file of weights", self.weights_backbone)
        check_named_once(attack=self.attacks, setting=self.settings, task=self.holdout)
        check_named_once(task=self.stl_tasks or ())
        check_learner(self.learner)

    @property
    def known(self) -> tuple[str, ...]:
        """The names of all attacks, those of this plan that are countermeasures too; the most telling first."""
        names = dict.fromkeys([*by_rank(), *ATTACKS, *self.attacks])
        return tuple(sorted(names, key=lambda name: find_attack(name).rank))

    @property
    def asked(self) -> bool:
        """Whether anybody chose attacks, or gave a budget for them."""
        return self.budget is not None or self.named is not None or self.attacks != by_rank()

    @property
    def insisted(self) -> tuple[str, ...]:
        """The attacks that are tried even where nothing can be told: those that were named."""
        if self.named is not None:
            return self.named
        return () if self.attacks == by_rank() else self.attacks

    @property
    def costly(self) -> tuple[str, ...]:
        """Attacks that are left out as nobody named them, though others of their tier are tried."""
        tiers = {tier_of(name) for name in self.attacks if name != PLAIN}
        names = [name for name in self.known if name not in self.attacks and find_attack(name).costly]
        return tuple(name for name in names if tier_of(name) in tiers)

    @property
    def most_added(self) -> int:
        """How many more seeds the strongest attacks get at most."""
        if self.more_seeds is not None:
            return self.more_seeds
        return MORE_SEEDS if self.budget is None else MORE_SEEDS_IN_BUDGET

    @property
    def tests_released(self) -> bool:
        """Whether an attack is tested on the test images as the release holds them."""
        return any(self.attack(name).learner_of(self.learner).tested_on == "released" for name in self.attacks)

    def attack(self, name: str) -> Attack:
        """An attack by its name, with the plan's epochs, and its weights and large model where it needs some.

        Raises:
            InputError: no attack has this name.
        """
        attack = find_attack(name)
        if self.weights is not None:
            attack = attack.with_weights(self.weights_backbone, str(self.weights))
        if attack.countermeasure == DIFFUSION and self.model is not None:
            attack = replace(attack, countermeasure=f"{DIFFUSION}:model={setting_text(self.model)}")
        if self.concession is not None:
            attack = attack.shortened(self.concession.share)
        return attack if self.epochs is None else attack.with_epochs(self.epochs)

    def conceding(self, given: Concession) -> AuditPlan:
        """The plan without what is given up."""
        plan = replace(self, concession=given)
        if given.stl_tasks is not None:
            settings = tuple(one for one in self.settings if one != "stl" or given.stl_tasks)
            plan = replace(plan, settings=settings, stl_tasks=given.stl_tasks or None)
        if given.share == 1:
            return plan
        return replace(plan, learner=replace(self.learner, recipe=self.learner.recipe.shortened(given.share)))


@dataclass(frozen=True)
class Training:
    """One training; its learner is tested on test images as they are, and on treated ones where there are any.

    Attributes:
        sides: values of ``treat_test`` that it is tested with, one record each.
    """

    attack: str
    learner: Learner
    condition: Condition
    sides: tuple[bool, ...]

    def tested(self) -> Iterator[Learner]:
        """The learner as each record names it."""
        return (replace(self.learner, treat_test=side) for side in self.sides)


@dataclass(frozen=True)
class Trial:
    """One attack on one kind of training images: what one process does, one learner after another."""

    attack: str
    condition: Condition
    trainings: tuple[Training, ...]

    @property
    def countermeasure(self) -> str:
        """What all its learners do against the protection."""
        return self.trainings[0].learner.countermeasure


def trials(
    attack: str,
    plan: AuditPlan,
    tasks: Sequence[Task],
    seeds: Sequence[int] | None = None,
    settings: Sequence[Setting] | None = None,
) -> list[Trial]:
    """An attack on each kind of images that it has to be compared on.

    Args:
        attack: its name.
        tasks: of the images.
        seeds, settings: those of the plan by default.
    """
    learners = list(_learners(plan.attack(attack), plan, tasks, seeds or plan.seeds, settings or plan.settings))
    return [
        Trial(attack, condition, tuple(_training(attack, learner, condition) for learner in learners))
        for condition in conditions(plan.attack(attack))
    ]


def with_seed(
    attack: str, setting: Setting, task: str, seed: int, plan: AuditPlan, tasks: Sequence[Task]
) -> list[Trial]:
    """One more seed of the learners of a recovery: on all images but noise, and the plain learner of clean ones.

    Args:
        attack, setting, task: of the recovery.
        seed: the new one.
        tasks: of the images.
    """
    plain = [trial for trial in trials(PLAIN, plan, tasks, [seed], [setting]) if trial.condition == "clean"]
    own = [trial for trial in trials(attack, plan, tasks, [seed], [setting]) if trial.condition != "noise"]
    return [_of_task(trial, task) for trial in (own if attack == PLAIN else plain + own)]


def _of_task(trial: Trial, task: str) -> Trial:
    return replace(trial, trainings=tuple(one for one in trial.trainings if task in one.learner.tasks))


def conditions(attack: Attack) -> tuple[Condition, ...]:
    """The kinds of images that an attack is tried on: its own clean images are the control of who has some."""
    if attack.name == PLAIN:
        return ("clean", "protected", "noise")
    return ("clean", "protected", "own") if needs_own(attack) else ("clean", "protected")


def needs_own(attack: Attack) -> bool:
    """Whether somebody needs clean images of their own for an attack."""
    return create(attack.countermeasure).needs_clean


def _learners(
    attack: Attack, plan: AuditPlan, tasks: Sequence[Task], seeds: Sequence[int], settings: Sequence[Setting]
) -> Iterator[Learner]:
    for seed in seeds:
        for setting in settings:
            for group in task_groups(tasks, setting, plan.stl_tasks):
                usual = replace(plan.learner, setting=setting, tasks=group, seed=seed, treat_test=True)
                yield attack.learner_of(usual)


def _training(attack: str, learner: Learner, condition: Condition) -> Training:
    both = create(learner.countermeasure).treats_test
    return Training(attack, learner, condition, (True, False) if both else (True,))

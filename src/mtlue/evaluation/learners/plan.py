"""What an evaluation compares: which learners, on which images. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from mtlue.errors import InputError, check_least, check_most, param
from mtlue.evaluation.countermeasures import canonical
from mtlue.evaluation.learner import (
    FAST,
    NO_COUNTERMEASURE,
    SETTINGS,
    Learner,
    Setting,
    TestedOn,
)
from mtlue.evaluation.records import CONDITIONS, Condition
from mtlue.faults import Faults
from mtlue.models.names import LINEAR, OWN, PACKAGE, RANDOM, TIMM, TRAINABLE, WITHOUT_MAPS
from mtlue.models.packaged import find_packaged
from mtlue.models.timm_names import check_backbone
from mtlue.models.weight_files import check_weights_file
from mtlue.suggestions import unknown
from mtlue.tasks.scoring import check_meters
from mtlue.training.recipe import Recipe
from mtlue.training.weighting_names import check_weighting

if TYPE_CHECKING:
    from mtlue.tasks import Task

LARGEST_SIDE = 1024
"""Pixels that images are enlarged to."""


@dataclass(frozen=True)
class EvaluationPlan:
    """What is compared.

    >>> plan = EvaluationPlan(Learner(trainable="head"), seeds=(0,), countermeasures=("none", "jpeg:quality=40"))
    >>> plan.countermeasures
    ('none', 'jpeg:quality=40')

    Args:
        learner: what all learners have in common; setting, tasks, seed and countermeasure are those below.
        stl_recipe: how single-task learners are trained, where that differs from ``learner.recipe``.
        seeds: one learner of each kind per seed.
        settings: mtl (one learner for all tasks), stl (one learner per task), or both.
        stl_tasks: tasks that get a single-task learner; all by default.
        conditions: which training images are compared.
        countermeasures: what learners do against the protection, each in turn.

    Raises:
        InputError: an unknown name, a name that appears twice, or no seed.
    """

    learner: Learner = field(default_factory=Learner)
    stl_recipe: Recipe | None = None
    seeds: tuple[int, ...] = (0, 1, 2)
    settings: tuple[Setting, ...] = SETTINGS
    stl_tasks: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = CONDITIONS
    countermeasures: tuple[str, ...] = (NO_COUNTERMEASURE,)

    def __post_init__(self) -> None:
        faults = Faults()
        with faults.gathered():
            _check_choices("setting", self.settings, SETTINGS)
        with faults.gathered():
            _check_choices("condition", self.conditions, CONDITIONS)
        with faults.gathered():
            check_stl_wanted(self.settings, self.stl_tasks)
        if not self.seeds:
            faults.add("give at least one seed")
        with faults.gathered():
            check_learner(self.learner)
        known = []
        for text in self.countermeasures:
            with faults.gathered():
                known.append(canonical(text))
        faults.check()
        object.__setattr__(self, "countermeasures", tuple(known))
        check_named_once(countermeasure=self.countermeasures, setting=self.settings, condition=self.conditions)

    def learners(self, tasks: Sequence[Task]) -> Iterator[Learner]:
        """Every learner of the plan, for one kind of training images.

        Raises:
            InputError: ``stl_tasks`` names an unknown task, or a task cannot be learned as ``trainable`` says.
        """
        check_meters(tasks)
        task_groups(tasks, "stl", self.stl_tasks)
        check_learnable(self.learner, tasks)
        for seed in self.seeds:
            for setting in self.settings:
                for group in task_groups(tasks, setting, self.stl_tasks):
                    for countermeasure in self.countermeasures:
                        yield replace(
                            self.learner,
                            setting=setting,
                            tasks=group,
                            seed=seed,
                            recipe=self._recipe(setting),
                            countermeasure=countermeasure,
                        )

    def trainings(self, tasks: Sequence[Task]) -> list[tuple[Learner, Condition]]:
        """Every learner with the images that it is trained on, in the order of records."""
        return [(learner, condition) for learner in self.learners(tasks) for condition in self.conditions]

    def _recipe(self, setting: Setting) -> Recipe:
        return self.stl_recipe if setting == "stl" and self.stl_recipe is not None else self.learner.recipe


def check_named_once(**choices: Sequence[str]) -> None:
    """Refuse names that repeat.

    Args:
        choices: what is named -> its names.

    Raises:
        InputError: names them.
    """
    for what, names in choices.items():
        if len(set(names)) < len(names):
            raise InputError(f"{what} {' '.join(names)}: name each once")


def check_learner(learner: Learner) -> None:
    """Refuse names that mean nothing, before anything is built.

    Raises:
        InputError: names what is at fault.
    """
    faults = Faults()
    for check in (_check_names, _check_init, _check_enlarged, _check_backbone, _check_weighting):
        with faults.gathered():
            check(learner)
    faults.check()


def _check_names(learner: Learner) -> None:
    faults = Faults()
    with faults.gathered():
        _check_choices("trainable", (learner.trainable,), TRAINABLE)
    with faults.gathered():
        _check_choices("tested_on", (learner.tested_on,), get_args(TestedOn))
    faults.check()


def _check_enlarged(learner: Learner) -> None:
    check_least(learner, enlarge=0)
    check_most(learner, enlarge=LARGEST_SIDE)


def _check_backbone(learner: Learner) -> None:
    check_backbone(learner.backbone)


def _check_weighting(learner: Learner) -> None:
    check_weighting(learner.weighting)


def _check_init(learner: Learner) -> None:
    if learner.init not in (RANDOM, TIMM, PACKAGE):
        check_weights("init", Path(learner.init), f"{RANDOM}, {TIMM}, {PACKAGE} or a file of weights", learner.backbone)
    if learner.init == TIMM and learner.backbone in OWN:
        raise InputError(
            f"backbone '{learner.backbone}' has no pretrained weights: choose resnet18 or another timm model"
        )
    if learner.init == PACKAGE:
        find_packaged(learner.backbone)


def check_weights(option: str, path: Path, choices: str, backbone: str) -> None:
    """Refuse a file of weights that is none, before any library or image is loaded.

    Args:
        option: that names the file.
        choices: what may be given.
        backbone: that the weights are for.

    Raises:
        InputError: names the option and the file.
    """
    try:
        check_weights_file(path, backbone, choices)
    except InputError as error:
        raise InputError(f"{param(option)} {error.text}") from error


def check_learnable(learner: Learner, tasks: Sequence[Task]) -> None:
    """Refuse tasks that a learner cannot learn as it is trained.

    Raises:
        InputError: names the task.
    """
    if learner.trainable == LINEAR or learner.enlarge or learner.backbone in WITHOUT_MAPS:
        from mtlue.models.trainable import check_tasks

        check_tasks(learner.backbone, learner.trainable, tasks, learner.enlarge)


def task_groups(tasks: Sequence[Task], setting: Setting, stl_tasks: Sequence[str] | None) -> list[tuple[str, ...]]:
    """The names of each learner's tasks: all in one (mtl), or one each (stl), of ``stl_tasks`` where given.

    Raises:
        InputError: ``stl_tasks`` names an unknown task.
    """
    names = tuple(task.name for task in tasks)
    if setting == "mtl":
        return [names]
    check_stl_tasks(stl_tasks, names)
    return [(name,) for name in names if stl_tasks is None or name in stl_tasks]


def check_stl_tasks(stl_tasks: Sequence[str] | None, names: Sequence[str]) -> None:
    """Refuse single-task learners of tasks that there are not.

    Raises:
        InputError: names the task.
    """
    for name in stl_tasks or ():
        if name not in names:
            raise InputError(f"{param('stl_tasks')}: {unknown('task', name, names)}")


def check_stl_wanted(settings: Sequence[Setting], stl_tasks: Sequence[str] | None) -> None:
    """Refuse to choose tasks of single-task learners where there are none.

    Raises:
        InputError: says so.
    """
    if stl_tasks and "stl" not in settings:
        raise InputError(
            f"{param('stl_tasks')} {' '.join(stl_tasks)} chooses single-task learners, and {param('settings')} "
            f"{' '.join(settings)} has none: add stl, or leave {param('stl_tasks')} out"
        )


def _check_choices(what: str, given: Sequence[str], choices: Sequence[str]) -> None:
    if not given:
        raise InputError(f"no {what} is named: choose from {', '.join(choices)}")
    for value in given:
        if value not in choices:
            raise InputError(unknown(what, value, choices))


__all__ = ["FAST", "EvaluationPlan", "check_learner", "check_named_once", "check_weights", "task_groups"]

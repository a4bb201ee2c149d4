"""Where a record stands in a table: which learner it is of (its column), and what the learner trained on (its row)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from mtlue.evaluation.learner import FAST, NO_COUNTERMEASURE, Learner, Setting
from mtlue.evaluation.records import Condition, Record
from mtlue.models.names import PACKAGE, RANDOM, TIMM
from mtlue.wording import many

Kind = Literal["clean", "noise", "trivial", "method"]
METHOD_KINDS: tuple[Kind, ...] = ("clean", "noise", "trivial", "method")
"""Rows of a table come in this order; only a ``method`` competes."""
_TRAINABLE_TEXTS = {"head": "head only", "linear": "linear probe", "last-stage": "last stage only"}
TEST_SET = "test_set"
_NAMED = (
    "setting",
    "tasks",
    "seed",
    "recipe",
    "backbone",
    "init",
    "trainable",
    "weighting",
    "countermeasure",
    "treat_test",
)
"""What a group leaves out, or shows in words of its own; any other field of a learner is shown by its name."""


@dataclass(frozen=True)
class Group:
    """Learners that differ only in their seed, tasks, recipe and training images, tested on the same images.

    Recipes are not told apart: single-task learners may have another, and footnotes name what differs.

    Attributes:
        dataset: its name.
        learner: what these learners share; its seed, tasks and recipe are the defaults.
        test_images: how many they are tested on.
        test_set: which ones, as a hash; empty where records do not say it.
    """

    dataset: str
    learner: Learner
    test_images: int = 0
    test_set: str = ""

    @classmethod
    def of(cls, record: Record) -> "Group":
        """The group that a record belongs to."""
        shared = replace(record.learner, seed=0, tasks=(), recipe=FAST)
        group = cls(record.dataset, shared, record.test_images, record.test_set)
        return group if group.countered else group.without_countermeasure()

    @property
    def setting(self) -> Setting:
        """``mtl`` or ``stl``."""
        return self.learner.setting

    @property
    def weighting(self) -> str:
        """How the losses of several tasks are combined."""
        return self.learner.weighting

    @property
    def backbone(self) -> str:
        """``resnet18 (pretrained, head only)``: its name, and whatever of the training is not the default."""
        init = {RANDOM: "", TIMM: "pretrained", PACKAGE: "pretrained on ImageNet"}.get(
            self.learner.init, f"from {self.learner.init}"
        )
        changes = [text for text in (init, _TRAINABLE_TEXTS.get(self.learner.trainable, "")) if text]
        for item in fields(Learner):
            value = getattr(self.learner, item.name)
            if item.name not in _NAMED and value != item.default:
                changes.append(f"{item.name.replace('_', ' ')} {value}")
        return self.learner.backbone + (f" ({', '.join(changes)})" if changes else "")

    @property
    def countermeasure(self) -> str:
        """What the learners do against a protection; ``none`` where they take the images as they are."""
        return self.learner.countermeasure + ("" if self.learner.treat_test else " (test images untreated)")

    @property
    def countered(self) -> bool:
        """Whether the learners do something against a protection."""
        return self.learner.countermeasure != NO_COUNTERMEASURE

    def without_countermeasure(self) -> "Group":
        """The same learners, taking the images as they are."""
        return replace(self, learner=replace(self.learner, countermeasure=NO_COUNTERMEASURE, treat_test=True))

    def attributes(self) -> dict[str, str]:
        """What tells this group from another, in the order of a header."""
        return {
            "dataset": self.dataset,
            "setting": self.setting,
            "backbone": self.backbone,
            "weighting": self.weighting,
            "countermeasure": self.countermeasure,
            TEST_SET: many(self.test_images, "test image") + (f", set {self.test_set[:6]}" if self.test_set else ""),
        }


@dataclass(frozen=True)
class Method:
    """What was done to the training images.

    Attributes:
        kind: what the row stands for.
        label: how tables name it.
        released: whether the images are those of a release, rather than clean ones or noise made for the comparison.
    """

    kind: Kind
    label: str
    released: bool = False

    @classmethod
    def of(cls, record: Record) -> "Method":
        """The row that a record belongs to."""
        condition = condition_of(record)
        if condition == "clean":
            return cls("clean", record.label or "clean")
        if condition == "noise":
            return cls("noise", record.label or record.method or "noise")
        if record.method == "noise":  # a control all the same, and not to be mixed with the noise made for comparison
            return cls("noise", record.label or "released noise", released=True)
        return cls("method", record.label or record.method or "protected", released=True)


def tested_images(groups: Iterable[Group]) -> str:
    """Which test images the scores of some groups are of, in words."""
    kinds = {group.learner.tested_on for group in groups}
    return f"{kinds.pop()} test images" if len(kinds) == 1 else "test images"


def seed_of(record: Record) -> int:
    """The learner's seed."""
    return record.learner.seed


def recipe_of(record: Record) -> dict[str, Any]:
    """How the learner was trained, by name of the setting."""
    return record.learner.recipe.to_json()


def condition_of(record: Record) -> Condition:
    """Which kind of images the learner was trained on."""
    return record.condition


TRIVIAL_METHOD = Method("trivial", "trivial")


def telling_apart(attributes: Sequence[Mapping[str, str]]) -> list[str]:
    """The keys whose values are not the same for all; of test images, that is, for all of one dataset.

    Args:
        attributes: of groups or columns; at least one.
    """
    return [key for key in attributes[0] if len({one[key] for one in attributes}) > 1 and _says(key, attributes)]


def _says(key: str, attributes: Sequence[Mapping[str, str]]) -> bool:
    """Whether a key says more than the dataset's name does."""
    pairs = {(one["dataset"], one[key]) for one in attributes}
    return key != TEST_SET or len(pairs) > len({dataset for dataset, _ in pairs})

"""Where a record stands in a table: which learner it is of (its column), and what the learner trained on (its row)."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from mtlue.evaluation.records import Data, Record, Setting

Kind = Literal["clean", "noise", "trivial", "method"]
METHOD_KINDS: tuple[Kind, ...] = ("clean", "noise", "trivial", "method")
"""Rows of a table come in this order; only a ``method`` competes."""
UNCOUNTERED = "none"


@dataclass(frozen=True)
class Group:
    """Learners that differ only in their seed, their tasks and their training images."""

    dataset: str
    setting: Setting
    backbone: str
    weighting: str
    countermeasure: str

    @classmethod
    def of(cls, record: Record) -> "Group":
        """The group that a record belongs to."""
        return cls(record.dataset, record.setting, record.backbone, record.weighting, record.countermeasure)

    @property
    def countered(self) -> bool:
        """Whether the learners do something against a protection."""
        return self.countermeasure != UNCOUNTERED

    def without_countermeasure(self) -> "Group":
        """The same learners, taking the images as they are."""
        return replace(self, countermeasure=UNCOUNTERED)

    def attributes(self) -> dict[str, str]:
        """What tells this group from another, in the order of a header."""
        return asdict(self)


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


def seed_of(record: Record) -> int:
    """The learner's seed."""
    return record.seed


def recipe_of(record: Record) -> dict[str, Any]:
    """How the learner was trained, by name of the setting."""
    return record.recipe


def condition_of(record: Record) -> Data:
    """Which kind of images the learner was trained on."""
    return record.data


TRIVIAL_METHOD = Method("trivial", "trivial")

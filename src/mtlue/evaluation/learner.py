"""One learner, described whole: everything about a training besides the images. Imports nothing heavy.

A new attribute is one field here. The options of ``evaluate``, the axes of a grid, records and the keys of cells are
all made from these fields.
"""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from mtlue.models.names import RANDOM
from mtlue.training.recipe import Recipe
from mtlue.training.weighting_names import spelled

Setting = Literal["mtl", "stl"]
Trainable = Literal["all", "head", "linear", "last-stage"]
TestedOn = Literal["clean", "released"]
SETTINGS: tuple[Setting, ...] = ("mtl", "stl")
NO_COUNTERMEASURE = "none"
FAST = Recipe(epochs=12, learning_rate=4e-3, schedule="onecycle", min_steps=300)
"""The learners' default on 2 CPU cores."""


@dataclass(frozen=True)
class LearnerOptions:
    """What has one value on a command line: the same for every learner of an evaluation.

    Args:
        backbone: tiny, vit_narrow or two_layer (suit 2 cores and 32 to 64 pixels), the paper's resnet18, resnet50,
            vgg16, densenet121 and vit_b, or the name of any timm model.
        init: where the backbone's weights start: random, timm (timm's own, downloaded once), package (ImageNet's of
            tf_efficientnet_lite0, out of the extra 'pretrained'), or a file of weights (.safetensors, or .pth, of which
            nothing but tensors is read).
        trainable: all; head (the neck and the heads: the backbone stays as it starts, its batch statistics too);
            linear (a linear probe: the backbone stays so too, without a neck, under one linear layer per task; not for
            labels per pixel); or last-stage (the backbone's last stage, the neck and the heads).
        weighting: how a multi-task learner combines its losses: ls, uw, rlw, aligned-mtl, fairgrad or torchjd's name
            of one.
        enlarge: side in pixels that smaller images are resized to in front of the backbone, which foreign weights may
            need; 0 leaves them as they are. Not for labels per pixel.
        tested_on: clean (the clean test images), or released (the same as the release holds them: a perturbation that
            tells the label then helps the learner).
        treat_test: whether a countermeasure processes the test images too, or the training images alone.
    """

    backbone: str = "tiny"
    init: str = RANDOM
    trainable: Trainable = "all"
    weighting: str = "ls"
    enlarge: int = 0
    tested_on: TestedOn = "clean"
    treat_test: bool = True

    def __post_init__(self) -> None:
        """One weighting has one name, in records and keys, however it was written."""
        object.__setattr__(self, "weighting", spelled(self.weighting))


@dataclass(frozen=True, kw_only=True)
class Learner(LearnerOptions):
    """One model that somebody trains on the images without leave.

    Args:
        setting: mtl (all tasks) or stl (one task).
        tasks: names of the tasks that it learns; one for stl.
        seed: of its weights, order, views and dropout.
        recipe: how it is trained.
        countermeasure: what it does against a protection, as :meth:`mtlue.registry.Registry.text` writes it.
    """

    setting: Setting = "mtl"
    tasks: tuple[str, ...] = ()
    seed: int = 0
    recipe: Recipe = FAST
    countermeasure: str = NO_COUNTERMEASURE

    @property
    def name(self) -> str:
        """Of its random streams."""
        return f"learner {self.setting}" if self.setting == "mtl" else f"learner {self.setting} {self.tasks[0]}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


LEARNER_FIELDS = tuple(item.name for item in fields(Learner))
"""What a grid's axes are called."""

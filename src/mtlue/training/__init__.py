"""How a model is trained: the recipe, the one loop, and how the losses of several tasks become one step."""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.training.loop import EpochRecord, RunningError, TrainingStep, predict, train
    from mtlue.training.mixture import Mixture
    from mtlue.training.recipe import MOST_EPOCHS, Recipe

__getattr__ = lazily(
    __name__,
    {
        "EpochRecord": "mtlue.training.loop",
        "MOST_EPOCHS": "mtlue.training.recipe",
        "Mixture": "mtlue.training.mixture",
        "Recipe": "mtlue.training.recipe",
        "RunningError": "mtlue.training.loop",
        "TrainingStep": "mtlue.training.loop",
        "predict": "mtlue.training.loop",
        "train": "mtlue.training.loop",
    },
)

__all__ = ["MOST_EPOCHS", "EpochRecord", "Mixture", "Recipe", "RunningError", "TrainingStep", "predict", "train"]

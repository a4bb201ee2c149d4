"""How a model is trained: the recipe, the one loop, and how the losses of several tasks become one step."""

from mtlue.training.loop import MOST_EPOCHS, EpochRecord, Recipe, RunningError, TrainingStep, predict, train

__all__ = ["MOST_EPOCHS", "EpochRecord", "Recipe", "RunningError", "TrainingStep", "predict", "train"]

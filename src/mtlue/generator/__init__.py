"""The generator: turns an image and its labels into a perturbation of at most epsilon."""

from mtlue.generator.generator import Generator, GeneratorConfig
from mtlue.generator.regularization import inter_task, intra_task, regularizers

__all__ = ["Generator", "GeneratorConfig", "inter_task", "intra_task", "regularizers"]

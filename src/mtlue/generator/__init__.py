"""The generator: turns an image and its labels into a perturbation of at most epsilon."""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.generator.config import GeneratorConfig
    from mtlue.generator.generator import Generator
    from mtlue.generator.regularization import inter_task, intra_task, regularizers

__getattr__ = lazily(
    __name__,
    {
        "Generator": "mtlue.generator.generator",
        "GeneratorConfig": "mtlue.generator.config",
        "inter_task": "mtlue.generator.regularization",
        "intra_task": "mtlue.generator.regularization",
        "regularizers": "mtlue.generator.regularization",
    },
)

__all__ = ["Generator", "GeneratorConfig", "inter_task", "intra_task", "regularizers"]

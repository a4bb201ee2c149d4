"""What an unauthorised learner would train; surrogates are the same models."""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.models.multitask import MultiTaskModel

__getattr__ = lazily(
    __name__,
    {
        "MultiTaskModel": "mtlue.models.multitask",
    },
)

__all__ = ["MultiTaskModel"]

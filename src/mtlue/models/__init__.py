"""What an unauthorised learner would train; surrogates are the same models."""

from mtlue.models.multitask import MultiTaskModel

__all__ = ["MultiTaskModel"]

"""A task: one question asked of every image, in four roles that are small interfaces of their own.

- :class:`~mtlue.tasks.learning.Learning`: loss, wrong target, training error, output channels;
- :class:`~mtlue.tasks.scoring.Scoring`: metrics, meters that add up over batches and processes, trivial scores;
- :class:`~mtlue.tasks.codec.Codec`: labels as text, as files and as tensors, and which are missing;
- :class:`~mtlue.tasks.embedding.Embedding`: the anchors that a generator keeps for it.

Code that needs one role depends on that role alone, and only a task knows its kind. Outside this package the kinds are
named where tasks are made: from columns, by datasets and in files. No module of a kind imports torch before something
is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtlue.errors import InputError
from mtlue.registry.python_options import declare
from mtlue.tasks.codec import Codec, TextCodec
from mtlue.tasks.embedding import Embedding
from mtlue.tasks.learning import Learning
from mtlue.tasks.scoring import Scoring


@dataclass(frozen=True)
class Task(Learning, Scoring, Codec, Embedding):
    """One question asked of every image; a kind is a frozen dataclass whose fields are the task's options.

    Labels of a batch are one tensor, [B] for an :class:`ImageTask` and [B, ..., H, W] for a dense one. A missing
    label counts in no loss and no metric.

    Raises:
        InputError: an option is of another type than its field declares.
    """

    def __post_init__(self) -> None:
        try:
            declare(self)
        except InputError as error:
            raise InputError(f"task '{self.name}': {error}") from None


class ImageTask(TextCodec, Task):
    """A task with one label per image: labels of a batch are [B], or [B, size] where a label is several numbers.

    A kind writes ``channels``, ``loss``, ``wrong_target``, ``correct``, ``meter``, ``constants``, ``anchors``,
    ``anchor_weights``, ``parse`` and ``format``, names its ``kind``, ``metrics`` and ``headline``, and registers itself
    with :data:`mtlue.tasks.KINDS`. Everything else has a default.
    """

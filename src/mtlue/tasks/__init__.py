"""What a label is: kinds of task. Adding one is a file and a row in ``KINDS``; see :mod:`mtlue.tasks.base`.

Importing this package imports no torch, so that labels are checked before it is loaded.
"""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily
from mtlue.tasks.base import ImageTask, Task
from mtlue.tasks.categorical import Categorical
from mtlue.tasks.codec import Codec, MapCodec, TextCodec, UnknownLabelError, UnusableMapError, View
from mtlue.tasks.dense import DenseTask, by_level, image_tasks
from mtlue.tasks.depth import Depth
from mtlue.tasks.embedding import Embedding
from mtlue.tasks.kinds import KINDS, Kinds, task_from_json
from mtlue.tasks.learning import Labels, Learning
from mtlue.tasks.normals import Normals
from mtlue.tasks.regression import Regression
from mtlue.tasks.scoring import LabelColumn, Scores, Scoring
from mtlue.tasks.segmentation import Segmentation

if TYPE_CHECKING:
    from mtlue.tasks.batched import task_anchor_weights, task_counts, task_losses
    from mtlue.tasks.meters import GatheringMeter, Meter

_HEAVY = {
    "GatheringMeter": "mtlue.tasks.meters",
    "Meter": "mtlue.tasks.meters",
    "task_anchor_weights": "mtlue.tasks.batched",
    "task_counts": "mtlue.tasks.batched",
    "task_losses": "mtlue.tasks.batched",
}

__all__ = [
    "KINDS",
    "Categorical",
    "Codec",
    "DenseTask",
    "Depth",
    "Embedding",
    "GatheringMeter",
    "ImageTask",
    "Kinds",
    "LabelColumn",
    "Labels",
    "Learning",
    "MapCodec",
    "Meter",
    "Normals",
    "Regression",
    "Scores",
    "Scoring",
    "Segmentation",
    "Task",
    "TextCodec",
    "UnknownLabelError",
    "UnusableMapError",
    "View",
    "by_level",
    "image_tasks",
    "task_anchor_weights",
    "task_counts",
    "task_from_json",
    "task_losses",
]

__getattr__ = lazily(__name__, _HEAVY)

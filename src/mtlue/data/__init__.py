"""Files on disk -> samples -> batches."""

from typing import TYPE_CHECKING

from mtlue.lazy import lazily

if TYPE_CHECKING:
    from mtlue.data.dataset import ArrayDataset, Batch, MultiTaskDataset, Sample, to_arrays
    from mtlue.data.transforms import Pipeline

__getattr__ = lazily(
    __name__,
    {
        "ArrayDataset": "mtlue.data.dataset",
        "Batch": "mtlue.data.dataset",
        "MultiTaskDataset": "mtlue.data.dataset",
        "Pipeline": "mtlue.data.transforms",
        "Sample": "mtlue.data.dataset",
        "to_arrays": "mtlue.data.dataset",
    },
)

__all__ = ["ArrayDataset", "Batch", "MultiTaskDataset", "Pipeline", "Sample", "to_arrays"]

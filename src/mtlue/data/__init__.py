"""Files on disk -> samples -> batches."""

from mtlue.data.dataset import ArrayDataset, Batch, MultiTaskDataset, Sample, to_arrays
from mtlue.data.transforms import Pipeline

__all__ = ["ArrayDataset", "Batch", "MultiTaskDataset", "Pipeline", "Sample", "to_arrays"]

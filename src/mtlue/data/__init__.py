"""Files on disk -> samples -> batches."""

from mtlue.data.dataset import Batch, InMemoryDataset, MultiTaskDataset, Sample, in_memory
from mtlue.data.transforms import Pipeline

__all__ = ["Batch", "InMemoryDataset", "MultiTaskDataset", "Pipeline", "Sample", "in_memory"]

"""What scores are, and the angles that those of normals are counted in. Imports nothing heavy."""

Scores = dict[str, float]
"""Metric name -> value. Names and directions are listed in ``Scoring.metrics``."""
WITHIN = (11.25, 22.5, 30.0)
"""Degrees of which a metric counts the pixels (method.md, "Datasets and pipelines")."""
BINS_PER_DEGREE = 100
"""The median angle is counted in bins of a hundredth of a degree, so that no angle needs to be kept."""

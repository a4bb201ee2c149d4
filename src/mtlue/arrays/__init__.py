"""Arrays that may lie on disk, and the store that keeps decoded files; knows nothing of datasets."""

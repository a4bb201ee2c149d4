"""One table file to text cells; knows nothing of datasets."""

"""One image file, opened safely, to pixels; knows nothing of datasets."""

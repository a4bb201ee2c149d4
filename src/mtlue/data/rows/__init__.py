"""A table's rows to image files and splits."""

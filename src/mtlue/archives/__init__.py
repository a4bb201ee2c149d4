"""Zip files from elsewhere, and names inside them; knows nothing of datasets."""

"""Datasets that need no download, and what renders them."""

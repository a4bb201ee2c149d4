"""Learners of one release against its clean dataset, and the folder that keeps their records."""

"""An evaluation's table and page: what a release leaves of each task."""

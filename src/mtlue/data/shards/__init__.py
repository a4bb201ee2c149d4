"""Shards: files that each hold many images with their labels. One file per kind, :data:`SHARDS`."""

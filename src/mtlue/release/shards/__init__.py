"""Releases in shards: files that each hold many images with their labels, each with a manifest of its own."""

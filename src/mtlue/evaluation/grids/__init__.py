"""A grid's file, its cells, and what they would cost."""

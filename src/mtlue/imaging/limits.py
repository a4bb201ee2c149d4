"""How small and how large an image may be. Imports nothing heavy."""

MIN_SIDE = 8
"""Smallest image side in pixels: what a backbone and the generator can still work on."""
LARGEST_PIXELS = 250_000_000
"""Pixels of the largest image that is read: 1 GB as it is decoded, up to three more while it is converted."""

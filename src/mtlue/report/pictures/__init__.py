"""Images, curves and points, drawn."""

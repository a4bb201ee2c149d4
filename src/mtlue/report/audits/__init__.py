"""An audit's table and page."""

"""The way to the terminal: what is printed is harmless and fits, and a long job shows how far it is."""

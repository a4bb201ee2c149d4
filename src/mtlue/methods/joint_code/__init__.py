"""A code for labels per pixel: what is told where, in which symbols, by which patterns."""

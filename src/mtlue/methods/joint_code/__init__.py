"""A code for labels per pixel: which labels are written where, in which symbols, by which patterns."""

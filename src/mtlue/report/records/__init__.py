"""Records in order: which row and column each stands in, what it is compared with, and the paper's scores."""

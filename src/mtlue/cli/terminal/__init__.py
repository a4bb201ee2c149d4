"""The way to the terminal: what is printed is safe, fits, and moves where a job does."""

"""The pages in a browser: the other face of the jobs, beside the command line."""

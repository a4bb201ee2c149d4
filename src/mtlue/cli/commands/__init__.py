"""One module a command: its options, the job that it runs, and what to do next."""

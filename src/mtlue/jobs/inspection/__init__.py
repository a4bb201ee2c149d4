"""What is known of a dataset before anything is done with it."""

"""What happened and what was found, as sentences and tables for the terminal."""

"""What each command does, from disk to disk."""

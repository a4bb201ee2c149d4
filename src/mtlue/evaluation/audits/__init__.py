"""What an audit tries, what that takes, and ``audit.json``."""

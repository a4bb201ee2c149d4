"""How a folder is laid out, where the user does not say it."""

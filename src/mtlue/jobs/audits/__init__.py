"""``audit``: every attack on a release."""

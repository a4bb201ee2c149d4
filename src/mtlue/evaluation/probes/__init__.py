"""What images, and a learner's features, show without an attack."""

"""Trains fresh learners on clean, noised and protected images and compares them on clean test data."""

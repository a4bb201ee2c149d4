"""Learners trained on clean, noised and protected images, and tested on the same terms."""

"""A method of another package that only its entry point names."""

from stripes import Stripes


class Waves(Stripes):
    """The same stripes, of a class that nothing registers."""

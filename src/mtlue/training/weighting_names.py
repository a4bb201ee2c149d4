"""Short names of weightings, for help; imports nothing heavy."""

SHORT_NAMES = ("ls", "uw", "rlw", "aligned-mtl", "fairgrad")
"""The rows of :data:`mtlue.training.weighting.WEIGHTINGS`. Every other name is a class of torchjd."""

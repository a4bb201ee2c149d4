"""How a parameter is called on the command line."""


def flag(parameter: str) -> str:
    """A parameter as the command line calls it."""
    return f"--{parameter.replace('_', '-')}"

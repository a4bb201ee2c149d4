"""Errors that a user can mend: the command line shows their text alone, without a traceback."""


class MtlueError(Exception):
    """Something outside the program is at fault. The text names it and says what to do."""


class InputError(MtlueError):
    """A file, a label, a table or an option that cannot be used as it is."""


class OutputError(MtlueError):
    """A place that cannot be written to, or that holds something that must not be overwritten."""


class VerificationError(MtlueError):
    """A release that is not whole, was changed, or leaves the epsilon-ball."""


def check_least(options: object, **least: float) -> None:
    """Refuse numbers of options that are too small (batch normalisation cannot train on batches of one image).

    Args:
        options: has an attribute for each number; None is no number.
        least: name of a number -> its least value.

    Raises:
        InputError: names the option.
    """
    for name, value in least.items():
        given = getattr(options, name)
        if given is not None and not given >= value:  # NaN is no number either
            raise InputError(f"--{name.replace('_', '-')} {given}: give {value} or more")


def check_most(options: object, **most: float) -> None:
    """Refuse absurd numbers of options before they take memory; the arguments are those of :func:`check_least`.

    Raises:
        InputError: names the option.
    """
    for name, value in most.items():
        given = getattr(options, name)
        if given is not None and given > value:
            raise InputError(f"--{name.replace('_', '-')} {given}: give {value} at most")

"""Everything that is wrong with what a user gave, in one error instead of one after another; failed work, which is not
begun again. Imports nothing heavy."""

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from traceback import clear_frames, format_exception

from mtlue.errors import InputError, spoken

SHOWN = 10
"""Items of one kind that a message lists; the others are counted."""


class FaultsError(InputError):
    """Several faults at once.

    Attributes:
        faults: a sentence for each, as :attr:`InputError.text` holds it: a face may show one per line.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        numbered = (f"({number}) {fault}" for number, fault in enumerate(faults, start=1))
        super().__init__(f"{len(faults)} things are wrong: {'; '.join(numbered)}")
        self.faults = tuple(faults)


class Faults:
    """Gathers faults and raises them together.

    >>> faults = Faults()
    >>> with faults.gathered():
    ...     raise InputError("no column 'id'")
    >>> faults.add("no column 'split'")
    >>> faults.check()
    Traceback (most recent call last):
    mtlue.faults.FaultsError: 2 things are wrong: (1) no column 'id'; (2) no column 'split'
    """

    def __init__(self) -> None:
        self._faults: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, *texts: str) -> None:
        """Keep sentences on what is wrong; one that is there already is not repeated."""
        self._faults += [text for text in dict.fromkeys(texts) if text not in self._faults]

    @contextmanager
    def gathered(self, place: str = "") -> Iterator[None]:
        """Keep an :class:`InputError` of the block instead of raising it.

        Args:
            place: of what is wrong, written before each fault that does not begin with it; parameters are then called
                as they are in that place, a file, and not as the face calls its own.
        """
        try:
            yield
        except InputError as error:
            texts = error.faults if isinstance(error, FaultsError) else (error.text,)
            self.add(*(_placed(place, text) for text in texts))

    @contextmanager
    def told_together(self) -> Iterator[None]:
        """Let an :class:`InputError` of the block name what was gathered as well.

        Raises:
            InputError: the block raises one.
        """
        try:
            yield
        except InputError:
            with self.gathered():
                raise
            self.check()

    @property
    def texts(self) -> tuple[str, ...]:
        """What was gathered."""
        return tuple(self._faults)

    def check(self) -> None:
        """Raise what was gathered.

        Raises:
            InputError: something is wrong; a single fault is raised as it is, several as :class:`FaultsError`.
        """
        if len(self._faults) == 1:
            raise InputError(self._faults[0])
        if self._faults:
            raise FaultsError(self._faults)


@contextmanager
def told_first(texts: Sequence[str]) -> Iterator[None]:
    """Let an :class:`InputError` of the block name other faults before its own: those that may be why it came about.

    >>> with told_first(["1 row has no usable image"]):
    ...     raise InputError("column 'kind' has only 1 class")
    Traceback (most recent call last):
    mtlue.faults.FaultsError: 2 things are wrong: (1) 1 row has no usable image; (2) column 'kind' has only 1 class
    """
    faults = Faults()
    faults.add(*texts)
    with faults.told_together():
        yield


def _placed(place: str, text: str) -> str:
    return place + spoken(text).removeprefix(place) if place else text


def explained(error: InputError, notes: Sequence[str]) -> InputError:
    """The same error, with notes that may say why it came about."""
    if not notes:
        return error
    if isinstance(error, FaultsError):
        return FaultsError([*error.faults[:-1], "; ".join([error.faults[-1], *notes])])
    return InputError("; ".join([error.text, *notes]))


def listed(items: Sequence[str], most: int = SHOWN, between: str = ", ") -> str:
    """The first of some items, and how many more there are.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return between.join(items[:most]) + more


class Failures:
    """Work that failed: it is not begun again, and ends as it did.

    >>> failures = Failures()
    >>> for work in (1, 2):
    ...     try:
    ...         with failures.once("fit"):
    ...             raise RuntimeError(f"out of memory in fit {work}")
    ...     except RuntimeError as error:
    ...         print(error)
    out of memory in fit 1
    out of memory in fit 1
    """

    def __init__(self) -> None:
        self._failed: dict[Hashable, Exception] = {}

    @contextmanager
    def once(self, key: Hashable) -> Iterator[None]:
        """A block whose first exception is raised instead of the block from then on: a copy each time.

        What is kept of it holds nothing that the work or its callers had in memory. Where it was raised first is a
        note of the copies.
        """
        if key in self._failed:
            raise _copied(self._failed[key])
        try:
            yield
        except Exception as error:
            kept = _copied(error)
            kept.add_note("".join(["It was raised before:\n", *format_exception(error)]))
            self._failed[key] = kept
            if error.__traceback__ is not None:
                clear_frames(error.__traceback__)
            raise


def _copied(error: Exception) -> Exception:
    """The same exception without its traceback and without those that it came from, whatever its class asks for."""
    kind = type(error)
    arguments = OSError.__reduce__(error)[1] if isinstance(error, OSError) else error.args  # these lack a file's name
    if kind.__module__ == "builtins":
        copied: Exception = kind(*arguments)
    else:
        copied = kind.__new__(kind, *arguments)
        copied.args = error.args
    for name, value in vars(error).items():
        copied.__dict__[name] = list(value) if name == "__notes__" else value
    return copied

"""The one way to the terminal: nothing that is printed can act on it, and nothing is too foreign for its encoding."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from mtlue.visible import encodable, visible_lines


class Screen:
    """Wraps a stream: control characters are escaped, and so are characters that the encoding does not have.

    Rich writes past it (``rich_proxied_file``), as its own colours are control characters: text from data that goes
    through rich is made visible by :class:`mtlue.cli.terminal.console.Console`.
    """

    def __init__(self, stream: TextIO) -> None:
        self.rich_proxied_file = _Encoded(stream)

    def write(self, text: str) -> int:
        self.rich_proxied_file.write(visible_lines(text))
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


class _Encoded:
    """A stream that writes out the characters that its encoding does not have, whatever its error handler is."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(encodable(text, getattr(self._stream, "encoding", None)))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def screened() -> Iterator[None]:
    """What is printed inside the block goes through a :class:`Screen`."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (stream and Screen(stream) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before

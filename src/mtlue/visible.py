"""Text from data made safe to show: what a terminal or a page would obey instead of showing is written out."""

import re

_OBEYED = (
    "\x00-\x1f\x7f-\x9f"  # control characters: colours, cursor, bells, line breaks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the direction of what follows
    "\u2028\u2029"  # line breaks again
    "\ud800-\udfff"  # halves of surrogate pairs: no output can encode them
)
_IN_A_LINE = re.compile(f"[{_OBEYED}]")
_IN_LINES = re.compile(f"(?![\n])[{_OBEYED}]")


def visible(text: str) -> str:
    """Text in one line, as it is but for characters that act instead of being seen: ``\\x1b``, ``\\n``, ``\\u202e``."""
    return _IN_A_LINE.sub(_written_out, text)


def visible_lines(text: str) -> str:
    """The same for text whose line breaks are its own."""
    return _IN_LINES.sub(_written_out, text)


def encodable(text: str, encoding: str | None) -> str:
    """Text with what an encoding lacks written out."""
    return text if encoding is None else text.encode(encoding, "backslashreplace").decode(encoding)


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")

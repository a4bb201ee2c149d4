"""Text from data made safe to show: what a terminal or a page would obey instead of showing is written out."""

import re

_OBEYED = (
    "\x00-\x1f\x7f-\x9f"  # control characters: colours, cursor, bells, line breaks
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn the direction of what follows
    "\u2028\u2029"  # line breaks again
    "\ud800-\udfff"  # halves of surrogate pairs: no output can encode them
    "\u00ad\u115f\u1160\u180e\u200b\u2060-\u2064\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"  # nothing is seen
    "\U000e0000-\U000e007f"  # tags: letters that nobody sees
)
_JOINERS = "\u200c\u200d"
_JOINED = "\u0590-\u1cff\u2190-\u2bff\u3000-\ud7ff\uf900-\uffef\U00010000-\U000dffff"
"""Scripts and emoji in which a joiner between two characters changes how they are drawn; Latin letters ignore it."""
_ACTING = (
    f"[{_OBEYED}]|(?<![{_JOINED}])[{_JOINERS}]|[{_JOINERS}](?![{_JOINED}])"
    f"|(?<=[{_OBEYED}])[{_JOINERS}]|[{_JOINERS}](?=[{_OBEYED}])"
)
_IN_A_LINE = re.compile(_ACTING)
_IN_LINES = re.compile(f"(?!\n)(?:{_ACTING})")


def visible(text: str) -> str:
    """Text in one line, unchanged but for characters that act or hide: ``\\x1b``, ``\\n``, ``\\u202e``, ``\\u200b``.

    Joiners stay between characters that they join, as in emoji, Persian and Hindi.
    """
    return _IN_A_LINE.sub(_written_out, text)


def visible_lines(text: str) -> str:
    """The same for text whose line breaks are its own."""
    return _IN_LINES.sub(_written_out, text)


def encodable(text: str, encoding: str | None) -> str:
    """Text with the characters that an encoding does not have written out."""
    return text if encoding is None else text.encode(encoding, "backslashreplace").decode(encoding)


def _written_out(match: re.Match[str]) -> str:
    return match.group().encode("unicode_escape").decode("ascii")

"""Regular expressions that a user gives: matched in time linear in the text (RE2), never by backtracking."""

import re
from collections import Counter
from collections.abc import Mapping

import re2

from mtlue.errors import InputError, param

_GROUP = re.compile(r"\(\?P?<(\w+)>")
_OUTSIDE = re.compile(r"\\Q.*?(?:\\E|\Z)|\[\^?\]?|\\.|.", re.DOTALL)
"""What stands outside a set, or begins one, with a closing bracket that is its first character."""
_INSIDE = re.compile(r"\[:\^?\w+:\]|\\.|.", re.DOTALL)
"""The same in a set, where a class such as ``[:alpha:]`` has brackets of its own."""
_WORD = r"\pL\pN_"
"""What ``\\w`` means in Python: letters and digits of every script. RE2's own are those of ASCII."""


class Pattern:
    """A regular expression with named groups.

    Args:
        text: the expression, in RE2's syntax.
        option: the parameter that gives it, for messages.
        example: of one that works.

    Raises:
        InputError: it is not a regular expression, has no named group or one twice, or needs backtracking.
    """

    def __init__(self, text: str, option: str, example: str) -> None:
        name = f"{param(option)} '{text}'"
        options = re2.Options()
        options.log_errors = False
        try:
            self._compiled = re2.compile(_with_words(text), options)
        except (re2.error, UnicodeEncodeError) as error:
            raise InputError(f"{name} {_fault(error)}") from error
        self.names = tuple(self._compiled.groupindex)
        if not self.names:
            raise InputError(f"{name} has no named group: write one per task, as in {example}")
        twice = [name for name, count in Counter(_GROUP.findall(text)).items() if count > 1]
        if twice:
            raise InputError(f"{name} names the group '{twice[0]}' twice: give each its own name")

    def groups(self, text: str) -> Mapping[str, str | None] | None:
        """What each named group holds (None for one that took no part) if the whole of ``text`` matches, else None."""
        match = self._compiled.fullmatch(text)
        return None if match is None else match.groupdict()


def _with_words(text: str) -> str:
    """The same with ``\\w`` for the letters of every script."""
    parts, inside, place = [], False, 0
    while found := (_INSIDE if inside else _OUTSIDE).match(text, place):
        token, place = found[0], found.end()
        parts.append({r"\w": _WORD if inside else f"[{_WORD}]"}.get(token, token))
        inside = token != "]" if inside else token.startswith("[")
    return "".join(parts)


def _fault(error: Exception) -> str:
    words = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else str(error)
    if "invalid perl operator" in words or "invalid escape" in words:
        return (
            f"cannot be used ({words}): it is matched without backtracking (RE2), which has no lookahead, lookbehind "
            "or backreference: write it without these"
        )
    return f"is not a regular expression ({words})"

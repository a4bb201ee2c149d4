"""Seeds: short ones, which repeat a result, and secret ones of 128 bits, which also keep it from strangers."""

from __future__ import annotations

import hashlib
import re
import secrets
import struct
from typing import TYPE_CHECKING

from mtlue.errors import InputError, param

if TYPE_CHECKING:  # options hold seeds before torch is imported
    from torch import Generator

SECRET_BITS = 128
_HEX = re.compile(r"[0-9a-fA-F]{32}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}")
_SHORT = 2**64
"""Seeds below it are short: PyTorch's own generators can be started from them."""
_WORDS = 624
_HEADER = struct.Struct("=QiiQ")
"""Of the state of PyTorch's CPU generator: its seed, the words left until the next round, whether it is seeded, and
the next word. The words of the Mersenne Twister follow, 8 bytes each: the layout of states that were saved."""


def secret_seed() -> int:
    """A seed that no one else has, from the system's randomness."""
    return secrets.randbits(SECRET_BITS)


def is_secret(seed: int) -> bool:
    """Whether a seed is too long to be found by trying."""
    return seed >= _SHORT


def seed_text(seed: int) -> int | str:
    """A seed as JSON holds it: a number, or 32 hexadecimal digits; :func:`read_seed` takes it back."""
    return f"{seed:0{SECRET_BITS // 4}x}" if is_secret(seed) else seed


def read_seed(seed: int | str) -> int:
    """A seed that was given or saved.

    Args:
        seed: a whole number of 64 bits, 0 or more, a secret's number of 128 bits, or its 32 hexadecimal digits.

    Raises:
        InputError: it is something else.
    """
    text = str(seed).strip()
    if isinstance(seed, str) and _HEX.fullmatch(text):
        return int(text, 16)
    if isinstance(seed, int) or _DECIMAL.fullmatch(text):
        number = int(text)
        if 0 <= number < _SHORT or (isinstance(seed, int) and 0 < number < 2**SECRET_BITS):
            return number
    raise InputError(
        f"{param('seed')} {text}: give a whole number from 0 to 2^64 - 1, or the {SECRET_BITS // 4} hexadecimal "
        "digits that private/config.json shows"
    )


def derived(seed: int, *names: object) -> int:
    """A seed of its own for what ``names`` call: 63 bits from a short seed, 128 bits (a secret again) from a secret."""
    text = "\x1f".join(map(str, (seed, *names)))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    if is_secret(seed):
        return int.from_bytes(digest[: SECRET_BITS // 8], "big")
    return int.from_bytes(digest[:8], "big") >> 1


def draw_key(seed: int) -> str:
    """What keys draws that are made by an image's id: empty for a short seed, which draws what it always drew."""
    return f"{derived(seed, 'ids'):x}" if is_secret(seed) else ""


def stream(seed: int) -> Generator:
    """A random generator on the CPU that depends on all bits of a seed.

    ``manual_seed`` takes the lower 32 bits alone, which are tried quickly: a secret fills the generator's whole state.
    """
    from torch import Generator, frombuffer, uint8

    generator = Generator()
    if not is_secret(seed):
        return generator.manual_seed(seed)
    state = bytearray(generator.manual_seed(0).get_state().numpy().tobytes())
    drawn = hashlib.shake_256(f"stream {seed}".encode()).digest(4 * _WORDS)
    struct.pack_into(f"={_WORDS}Q", state, _HEADER.size, *struct.unpack(f"<{_WORDS}I", drawn))
    return generator.set_state(frombuffer(state, dtype=uint8))

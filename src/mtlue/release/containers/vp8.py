"""VP8, the stream of a lossy WebP file: the length of its first partition, and how many partitions follow that."""

HEADER = 10
"""Bytes before the first partition: three of the frame's tag, three of a start code, four of the size."""
_LENGTH_BIT = 5
"""Bits of the tag below the first partition's length."""


def first_partition(stream: bytes) -> int:
    """Bytes of the first partition, as the frame's tag says."""
    return int.from_bytes(stream[:3], "little") >> _LENGTH_BIT


def with_first_partition(stream: bytes, length: int) -> bytes:
    """The stream with another length in its tag."""
    kept = int.from_bytes(stream[:3], "little") & (1 << _LENGTH_BIT) - 1
    tag = kept | length << _LENGTH_BIT
    return tag.to_bytes(3, "little") + stream[3:]


def partitions(stream: bytes) -> int:
    """Partitions after the first one, by the header at the first one's start (RFC 6386, section 9.2 to 9.5)."""
    bits = _Bits(stream[HEADER : HEADER + first_partition(stream)])
    bits.read(2)  # colour space, clamping
    if bits.read(1):
        _pass_segments(bits)
    bits.read(10)  # the filter's type, level and sharpness
    if bits.read(1) and bits.read(1):
        _pass_optional(bits, 8, 7)
    return 1 << bits.read(2)


def _pass_segments(bits: "_Bits") -> None:
    has_map, has_values = bits.read(1), bits.read(1)
    if has_values:
        bits.read(1)
        _pass_optional(bits, 4, 8)
        _pass_optional(bits, 4, 7)
    if has_map:
        _pass_optional(bits, 3, 8)


def _pass_optional(bits: "_Bits", count: int, width: int) -> None:
    """Numbers, each preceded by a bit that says whether it is present."""
    for _ in range(count):
        if bits.read(1):
            bits.read(width)


class _Bits:
    """Bits that an arithmetic coder wrote with even odds (RFC 6386, section 7); zeros after the end."""

    def __init__(self, content: bytes) -> None:
        self._value = int.from_bytes(content[:256].ljust(256, b"\0"), "big")  # a header takes less
        self._below = 8 * 256 - 8
        self._range = 255

    def read(self, count: int) -> int:
        number = 0
        for _ in range(count):
            number = 2 * number + self._bit()
        return number

    def _bit(self) -> int:
        split = 1 + ((self._range - 1) * 128 >> 8)
        bit = self._value >= split << self._below
        if bit:
            self._value -= split << self._below
            self._range -= split
        else:
            self._range = split
        while self._range < 128:
            self._range *= 2
            self._below -= 1
        return int(bit)

"""A text file's characters: UTF-8 or UTF-16, Windows-1252 where that is certain; else what to do, in words."""

import codecs
import re
from pathlib import Path

SAVE_AS = "save it as CSV UTF-8"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins as UTF-16's mark does: it comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FOREIGN = (
    (rb"PK\x03\x04", f"an Excel workbook or a zip file: open it and {SAVE_AS}"),
    (rb"\xd0\xcf\x11\xe0", f"an old Excel workbook: open it and {SAVE_AS}"),
    (rb"PAR1", "a Parquet file: give it the suffix .parquet"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|7z\xbc\xaf", "compressed: unpack it first"),
    (rb"%PDF", f"a PDF: copy its table into a spreadsheet and {SAVE_AS}"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF", "an image: give the table of labels"),
    (rb"SQLite format 3", f"a database: export its table and {SAVE_AS}"),
    (rb"(?i)\s*<(!doctype|html|head|body|\?xml|!--|table)", "a web page, not a table: download the table itself"),
    (rb"version https://git-lfs", "a pointer that Git LFS left in its place: run 'git lfs pull'"),
)
_JSON = (rb"(\xef\xbb\xbf)?\s*[\[{]\s*[\"{\[]", "JSON: write one object per line, and give it the suffix .jsonl")
_COMMON = frozenset("äöüÄÖÜßáéíóúÁÉÍÓÚçÇôÔåÅ’°µ×²")
"""Signs that the Windows code pages of western and central Europe and of Turkey share, or that only western text has.

Others are not certain: the byte of è is č in Czech, that of ý is ı in Turkish, those of ê and æ are ę and ć in Polish.
"""
_SPANISH_PORTUGUESE = re.compile("[ñÑ](?=[aeiouáéíóúAEIOUÁÉÍÓÚ])|ã(?=o)|Ã(?=O)")
"""Letters whose bytes mean others in central Europe (ń, ă), which do not occur before these vowels there."""


def read_text(path: Path, legacy: bool) -> tuple[str, tuple[str, ...]]:
    """A file's characters, and a note where its encoding was concluded.

    Args:
        legacy: whether the file may be in Windows-1252, as programs on Windows write CSV.

    Raises:
        ValueError: it is not text, or in an encoding that is not certain; the text completes "it is ..." or says so.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    remedy = SAVE_AS if legacy else "save it as UTF-8"
    for start, words in (*_FOREIGN, _JSON) if legacy else _FOREIGN:
        if re.match(start, content[:512]):
            raise ValueError(f"it is {words}")
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "utf-8")
    if encoding.startswith("utf-8") and b"\0" in content:
        line = content.count(b"\n", 0, content.index(b"\0")) + 1
        raise ValueError(f"line {line} holds a NUL byte (is the file UTF-16, or damaged?): {remedy}")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        western = _as_western(content) if legacy and encoding == "utf-8" else None
        if western is None:
            line = content.count(b"\n", 0, error.start) + 1
            raise ValueError(f"line {line} is not {encoding.removesuffix('-sig').upper()} text: {remedy}") from error
        text, example = western
        return text, (f"{path.name} is read as Windows-1252 (for example '{example}'): if that is wrong, {SAVE_AS}",)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ValueError(f"line {line} holds a NUL character (is the file damaged?): {remedy}")
    return text, ()


def _as_western(content: bytes) -> tuple[str, str] | None:
    """(the text, a word with an accent) of Windows-1252; None where it may as well be another code page."""
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        return None
    others = {character for character in _SPANISH_PORTUGUESE.sub("", text) if character > "\x7f"}
    if not others <= _COMMON or re.search(r"[^\x00-\x7f]{3}", text):
        return None
    return text, next(iter(re.findall(r"[^\W\d_]*[^\x00-\x7f]+[^\W\d_]*", text)))

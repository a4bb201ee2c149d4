"""Silence around codecs: what Pillow and libtiff print about a file is for their developers, not for its owner."""

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, _imaging

_lock = threading.Lock()
_users = 0
_filters: "warnings.catch_warnings[None] | None" = None


@contextmanager
def quiet_codecs() -> Iterator[None]:
    """No warning of Pillow's is shown, or turned into an error, while at least one thread is inside.

    Python keeps one list of warning filters for all threads, so the first thread changes it and the last restores it.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _users, _filters
    with _lock:
        if not _users:
            _filters = warnings.catch_warnings()
            _filters.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        _users += 1


def _leave() -> None:
    global _users, _filters
    with _lock:
        _users -= 1
        if not _users and _filters is not None:
            _filters.__exit__(None, None, None)
            _filters = None


def _silence_libtiff() -> None:
    """Take away libtiff's handlers, which print to the process's standard error past Python."""
    try:
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)
    except (OSError, AttributeError):
        pass  # a Pillow that hides libtiff or has none: its messages stay


_silence_libtiff()
logging.getLogger("PIL").addHandler(logging.NullHandler())  # without any handler Python prints what is logged

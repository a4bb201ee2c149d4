"""Random draws that belong to one image, whichever others it is processed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtlue.seeds import derived, stream

if TYPE_CHECKING:
    from torch import Generator


def image_generator(identifier: str, purpose: str) -> Generator:
    """A random stream on the CPU that depends on an image's id and a purpose alone.

    Args:
        identifier: of the image.
        purpose: what is drawn; no two countermeasures share one.
    """
    return stream(derived(0, "countermeasure", purpose, identifier))

"""Settings of the joint code. Imports nothing heavy."""

from dataclasses import dataclass

from mtlue.errors import InputError, check_least, param
from mtlue.registry import Settings


@dataclass(frozen=True)
class JointCodeSettings(Settings):
    """Settings of the joint code.

    Args:
        code_images: images that symbols of labels per pixel and their patterns are found on, at most.
        code_pixels: pixels of each of these images.
        spacings: pixels between the turns of a pattern's sign: a number for each symbol that a group of tasks with one
            label per image may have, all different.
    """

    code_images: int = 500
    code_pixels: int = 64
    spacings: tuple[int, ...] = (64, 16, 10, 7, 5, 4, 12, 8)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, code_images=1, code_pixels=1)
        if len(set(self.spacings)) < max(2, len(self.spacings)) or min(self.spacings) < 1:
            raise InputError(
                f"{param('spacings')} {' '.join(map(str, self.spacings))}: give at least two different numbers, 1 or "
                "more each"
            )

"""The release's manifest: what was released, by hash; nothing that helps to undo the protection."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtlue.errors import VerificationError
from mtlue.files import write_json

MANIFEST = "manifest.json"
METADATA = "metadata.csv"
IMAGES = "images"
FORMAT = 1


@dataclass(frozen=True)
class ReleasedImage:
    """One file of the release: its path below the release, and the SHA-256 of its bytes."""

    file_name: str
    id: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` holds.

    Attributes:
        method: name of the protection method.
        epsilon: bound in levels, 1/255 each.
        size: (H, W) of every image.
        channels: 1 or 3.
        center_crop: side of the square that was cut from the sources, if any.
        counts: images in each split.
        metadata_sha256: hash of ``metadata.csv``.
    """

    version: str
    method: str
    epsilon: float
    size: tuple[int, int]
    channels: int
    center_crop: int | None
    counts: dict[str, int]
    metadata_sha256: str
    images: tuple[ReleasedImage, ...]

    def write(self, release: Path) -> None:
        values = {"tool": "mtlue", "format": FORMAT, **asdict(self)}
        write_json(release / MANIFEST, values)

    @classmethod
    def read(cls, release: Path) -> "Manifest":
        """Read a release's manifest.

        Raises:
            VerificationError: there is none, or it is damaged.
        """
        path = release / MANIFEST
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if values.pop("tool") != "mtlue" or values.pop("format") != FORMAT:
                raise VerificationError(
                    f"{path} was not written by this version of mtlue: use the version that wrote it"
                )
            images = tuple(ReleasedImage(**image) for image in values.pop("images"))
            return cls(images=images, **{**values, "size": tuple(values["size"])})
        except FileNotFoundError as error:
            raise VerificationError(
                f"{path} is missing: this is not a whole release; run the command that was to write it again"
            ) from error
        except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
            raise VerificationError(f"{path} is damaged ({error}): run the command that wrote it again") from error

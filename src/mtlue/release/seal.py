"""The seal of a private folder: hashes of what belongs together, so that its owner notices a change or a mix-up.

The first line is the hash of the release's manifest; each further line, as ``sha256sum`` writes it, that of a file of
the fitted method. It is no secret and no signature: whoever can write to the folder can write another one.
"""

from pathlib import Path

from mtlue.files import sha256, write_text
from mtlue.release.layout import PrivateFolder


def write_seal(private: PrivateFolder, manifest: Path) -> None:
    """Seal a manifest and, where it has been saved by now, the method that made its release."""
    fitted = [f"{sha256(file)}  {file.name}" for file in private.generator if file.is_file()]
    write_text(private.seal, "\n".join([sha256(manifest), *fitted]) + "\n")


def sealed_manifest(private: PrivateFolder) -> str | None:
    """The hash of the manifest that a private folder was written with; None where it has no seal.

    Raises:
        OSError, ValueError: the seal cannot be read, or is not text.
    """
    lines = _lines(private)
    return lines[0].strip() if lines else None


def changed_generator(private: PrivateFolder) -> list[Path]:
    """Files of the fitted method that are not those that were sealed; none where nothing is said of them.

    Raises:
        OSError, ValueError: the seal, or a file, cannot be read.
    """
    pairs = (line.split() for line in _lines(private)[1:])
    sealed = {pair[1]: pair[0] for pair in pairs if len(pair) == 2}
    there = [file for file in private.generator if file.name in sealed and file.is_file()]
    return [file for file in there if sha256(file) != sealed[file.name]]


def _lines(private: PrivateFolder) -> list[str]:
    return private.seal.read_text(encoding="utf-8").splitlines() if private.seal.is_file() else []

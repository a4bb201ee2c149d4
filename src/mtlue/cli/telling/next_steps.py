"""What may be done next with a release: commands that can be pasted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.terminal.console import typed

if TYPE_CHECKING:
    from mtlue.release.manifest import Manifest
    from mtlue.release.shards.manifest import ShardedManifest


def proof_of(out: Path, manifest: Manifest | ShardedManifest) -> str:
    """How a release is proved against the images that it was made of, which its private folder remembers.

    Args:
        out: folder that holds both.
        manifest: of the release.
    """
    proved = f"within epsilon ({manifest.epsilon:g} levels)" if manifest.lossless else "within the manifest's bound"
    return f"mtlue verify {typed(out)} proves that every file is as it was written and every pixel {proved}"


def read_back_from(out: Path, store: str) -> str:
    """How a release in a store is proved.

    Args:
        out: folder that holds the rest of it.
        store: its address.
    """
    return f"mtlue verify {typed(out)} reads the release back from {store}"


def audit_of(out: Path) -> str:
    """How a release, in a folder that holds its private part too, is attacked."""
    return f"mtlue audit {typed(out)} --budget 20m tries to break it, before you publish it"

"""The folder of images that a command reads: how it is laid out is found, and said before anything else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mtlue.cli.parsing.flags import flag
from mtlue.cli.terminal.console import err, typed
from mtlue.data.files.zipped import waits_to_be_unpacked
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import spoken
from mtlue.jobs.requests.places import check_data_places

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


def audit_of(out: Path) -> str:
    """How a release, in a folder that holds its private part too, is attacked."""
    return f"mtlue audit {typed(out)} --budget 20m tries to break it, before you publish it"


def named_source(data: DataOptions) -> DataOptions:
    """The options with their source named; one line says which where the user left it open.

    Raises:
        InputError: the folder's layout is not clear; the text says which options settle it.
    """
    if data.dataset != AUTO:
        return data
    if waits_to_be_unpacked(data):
        err.print(f"unpacking {data.data}")
    check_data_places(data)
    from mtlue.data.recognition.layout import layout_of  # needs pandas: not before the options are known to be right

    layout = layout_of(data)
    err.print(spoken(f"{data.data}: {layout.text}", flag))
    return layout.options

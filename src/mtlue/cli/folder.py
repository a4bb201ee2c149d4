"""The folder of images that a command reads: how it is laid out is found, and said before anything else."""

from pathlib import Path

from mtlue.cli.console import err, typed
from mtlue.cli.process import flag
from mtlue.data.files.zipped import waits_to_be_unpacked
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import spoken
from mtlue.jobs.places import check_data_places


def proof_of(out: Path, data: DataOptions) -> str:
    """How a release is proved against the images that it was made of, as far as a line can say it.

    >>> proof_of(Path("out"), DataOptions(data=Path("photos")))
    'mtlue verify out photos proves it'

    Args:
        out: folder that holds the release.
        data: as the user gave it.
    """
    if data.data is not None and data == DataOptions(data=data.data):
        return f"mtlue verify {typed(out)} {typed(data.data)} proves it"
    return f"mtlue verify {typed(out)} proves it, with the options that named the clean images here"


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

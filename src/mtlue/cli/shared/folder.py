"""The folder of images that a command reads: how it is laid out is found, and said before anything else."""

from __future__ import annotations

from mtlue.cli.parsing.flags import flag
from mtlue.cli.terminal.console import err
from mtlue.data.files.zipped import waits_to_be_unpacked
from mtlue.data.options import AUTO, DataOptions
from mtlue.errors import spoken
from mtlue.jobs.requests.places import check_data_places


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

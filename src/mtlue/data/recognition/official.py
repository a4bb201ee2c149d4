"""Published datasets, told by the files that they come with. Imports no torch."""

from mtlue.data.rows.image_files import ImageFiles
from mtlue.data.sources import ANYONES, EMBEDDED, SOURCES, source_of
from mtlue.data.sources.published import PublishedSource


def official_layout(files: ImageFiles) -> tuple[str, str] | None:
    """The source of a published dataset that a folder holds, and the name that people know it by.

    Asked are this package's own, and those of other packages that are a :class:`PublishedSource`.
    """
    for name in SOURCES.rows:
        source = None if name in EMBEDDED | ANYONES else source_of(name)
        if isinstance(source, PublishedSource) and source.recognises(files):
            return name, source.title
    return None

"""Layouts by name. Adding one: a file beside these, a row in ``SOURCES`` and a row in its test."""

from mtlue.data.embedded.digits import read_digits
from mtlue.data.embedded.scenes import read_scenes
from mtlue.data.listing import Source
from mtlue.data.sources.celeba import read_celeba
from mtlue.data.sources.chestxray14 import read_chestxray14
from mtlue.data.sources.filenames import read_filenames
from mtlue.data.sources.imagefolder import read_imagefolder
from mtlue.data.sources.nyuv2 import read_nyuv2
from mtlue.data.sources.table import read_table
from mtlue.data.sources.utkface import read_utkface

SOURCES: dict[str, Source] = {
    "digits": read_digits,
    "scenes": read_scenes,
    "celeba": read_celeba,
    "chestxray14": read_chestxray14,
    "utkface": read_utkface,
    "nyuv2": read_nyuv2,
    "table": read_table,
    "imagefolder": read_imagefolder,
    "filenames": read_filenames,
}

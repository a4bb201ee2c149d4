"""Which decoders may open which file: one table for the images and masks of a folder and for the files of a release.

A suffix promises a kind. Besides that kind only the ordinary ones are tried, because files are often renamed (a JPEG
called ``.png``); an exotic decoder opens files of its own suffix and no others. Kinds that start another program
(EPS), hold no pixels, or show Pillow only a thumbnail (camera raw files) are never opened.
"""

from pathlib import Path, PurePath

from PIL import Image

Image.init()  # registers every decoder at once: threads would do it at the same time otherwise

ARRAY_SUFFIX = ".npy"
_BY_DECODER = {
    "PNG": "png apng png_large png_small",
    "JPEG": "jpg jpeg jpe jfif jif jfi mpo jpg_large jpg_medium jpg_small jpg_orig jpeg_large",
    "GIF": "gif",
    "BMP": "bmp",
    "TIFF": "tif tiff",
    "WEBP": "webp",
    "PPM": "ppm pgm pbm pnm pfm",
    "JPEG2000": "jp2 j2k jpc jpf jpx j2c",
    "AVIF": "avif avifs",
    "BLP": "blp",
    "CUR": "cur",
    "DCX": "dcx",
    "DDS": "dds",
    "DIB": "dib",
    "FITS": "fit fits",
    "FLI": "flc fli",
    "FTEX": "ftc ftu",
    "GBR": "gbr",
    "ICNS": "icns",
    "ICO": "ico",
    "MSP": "msp",
    "PCD": "pcd",
    "PCX": "pcx",
    "PIXAR": "pxr",
    "PSD": "psd",
    "QOI": "qoi",
    "SGI": "bw rgb rgba sgi",
    "SUN": "ras",
    "TGA": "icb tga vda vst",
    "XBM": "xbm",
    "XPM": "xpm",
}
_DECODERS = {
    f".{suffix}": decoder
    for decoder, suffixes in _BY_DECODER.items()
    if decoder in Image.OPEN
    for suffix in suffixes.split(" ")
}
ORDINARY = tuple(
    decoder
    for decoder in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
    if decoder in Image.OPEN
)
"""Decoders that open a file by its first bytes, whatever its name."""
SUFFIXES = frozenset(_DECODERS)
"""Suffixes of images, in lower case."""

_UNREAD = (
    "heic heif jxl svg svgz eps epsf ps ai wmf emf pdf xcf exr hdr dng nef nrw cr2 cr3 crw arw srf sr2 raf orf rw2 pef "
    "srw x3f dcm dicom nii mha mhd nrrd czi lif vsi svs ndpi djvu"
)
UNREAD_SUFFIXES = frozenset(f".{suffix}" for suffix in _UNREAD.split(" ")) - SUFFIXES
"""Suffixes of pictures that are not read, whatever their first bytes say."""
_SNIFFED = 16


def lower_suffix(path: PurePath) -> str:
    """A file's suffix in lower case, with its dot; "" without one."""
    return path.suffix.lower()


def is_array(path: PurePath) -> bool:
    """Whether a file is a NumPy array."""
    return lower_suffix(path) == ARRAY_SUFFIX


def decoders_for(path: PurePath) -> tuple[str, ...]:
    """Pillow's names of the decoders that may open an owner's file: those of its suffix, then the ordinary ones."""
    suffix = lower_suffix(path)
    if suffix in UNREAD_SUFFIXES:
        return ()
    own = _DECODERS.get(suffix)
    return ORDINARY if own is None else (own, *(name for name in ORDINARY if name != own))


def looks_like_image(path: Path) -> bool:
    """Whether the first bytes of a file are those of an ordinary kind of image; False where it cannot be opened."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_SNIFFED)
    except OSError:
        return False
    return any(_accepts(decoder, start) for decoder in ORDINARY)


def _accepts(decoder: str, start: bytes) -> bool:
    accept = Image.OPEN[decoder][1]
    return accept is not None and accept(start) is True

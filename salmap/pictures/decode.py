"""Pictures in: any source to an upright RGB array.

Nothing here changes Pillow's settings, so any number of threads may read pictures at once.
"""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import (  # the plugins register their decoders once, before threads start
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from salmap.errors import ImageError
from salmap.pictures.colors import to_rgb
from salmap.types import ImageArray

logger = logging.getLogger(__name__)

#: what `load_image` reads: a path, the bytes of a file, an open file, a Pillow image or an array
ImageSource = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[Any]

#: largest picture that is read, in pixels
MAX_PIXELS = 50_000_000

#: file suffixes, in lower case, that a scan of a folder takes for pictures
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".bmp", ".dib"}
    | {".tif", ".tiff", ".gif", ".avif", ".heic", ".heif"}
)

_FORMATS = tuple(
    plugin.format
    for plugin in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        BmpImagePlugin.BmpImageFile,
        BmpImagePlugin.DibImageFile,
        TiffImagePlugin.TiffImageFile,
        GifImagePlugin.GifImageFile,
        AvifImagePlugin.AvifImageFile,
    )
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def load_image(source: ImageSource) -> ImageArray:
    """Read a picture as people see it: upright, sRGB, on white where it is transparent.

    The first frame of an animation is taken. Gray pictures of 16 or 32 bits or of floating point
    are scaled from the smallest usual full scale (1, 255 or 65535) that holds all their values,
    others from their own lowest to their highest value.

    Args:
        source: path, bytes of a file, file opened for reading bytes, Pillow image, or array:
            uint8 or floating point in [0, 1]; (H, W) gray, (H, W, 3) RGB or (H, W, 4) RGBA.

    Returns:
        uint8 (H, W, 3), RGB, C-contiguous, writable unless it is the very array that was given.

    Raises:
        ImageError: if it is no picture, is damaged, is larger than `MAX_PIXELS`, or can't be read.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    with _opened(source) as picture:
        picture.load()
        turn = _TURNS.get(_orientation(picture))
        upright = to_rgb(picture)
        if turn is not None:
            upright = upright.transpose(turn)
        return np.array(upright)


def image_size(source: ImageSource) -> tuple[int, int]:
    """(height, width) in pixels of a picture held upright, read from its header alone.

    Raises:
        ImageError: as `load_image` does, except that damage after the header goes unseen.
    """
    if isinstance(source, np.ndarray):
        height, width = _from_array(source).shape[:2]
        return height, width
    with _opened(source) as picture:
        width, height = picture.size
        # Pillow itself turns a TIFF, and says so in its size from the start.
        sideways = picture.format != "TIFF" and _orientation(picture) >= 5
        return (width, height) if sideways else (height, width)


@contextmanager
def _opened(source: ImageSource) -> Iterator[Image.Image]:
    """The Pillow image behind a source, its size checked; any failure inside is an ImageError."""
    name = _name(source)
    try:
        if isinstance(source, Image.Image):
            _check_size(source.size, name)
            yield source
            return
        with _stream(source, name) as stream:
            _check_kind(stream, name)
            heif = ("HEIF",) if "HEIF" in Image.OPEN else ()
            with Image.open(stream, formats=_FORMATS + heif) as picture:
                _check_size(picture.size, name)
                yield picture
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not a picture that can be read, or its beginning is damaged. "
            "Use a JPEG, PNG, WebP, BMP, TIFF, GIF or AVIF file."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} is far too large ({error}). {_too_large_mend()}") from error
    except MemoryError as error:
        raise ImageError(f"There is not enough memory to read {name}. Make it smaller.") from error
    except Exception as error:  # on damaged files, decoders raise almost anything
        raise ImageError(
            f"{name} is damaged or cut short and can't be read ({error}). "
            "Save or download it again, or use another file."
        ) from error


def _name(source: ImageSource) -> str:
    """What to call a source in a message."""
    if isinstance(source, str | os.PathLike):
        return str(source)
    name = getattr(source, "filename", "") or getattr(source, "name", "")
    return name if isinstance(name, str) and name else "The picture"


def _stream(source: ImageSource, name: str) -> BinaryIO:
    """A seekable stream of the bytes of a source that is neither array nor Pillow image."""
    if isinstance(source, str | os.PathLike):
        return _open_file(Path(source), name)
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if isinstance(source, Image.Image | np.ndarray) or not hasattr(source, "read"):
        raise ImageError(
            f"A picture can't be read from a {type(source).__name__}. Give a path, bytes, "
            "an open file, a Pillow image or an RGB array."
        )
    if getattr(source, "seekable", lambda: False)():
        source.seek(0)
    data = source.read()
    if not isinstance(data, bytes):
        raise ImageError(
            f"{name} was opened as text. Open it for reading bytes, as with mode 'rb'."
        )
    return io.BytesIO(data)


def _open_file(path: Path, name: str) -> BinaryIO:
    try:
        if path.is_dir():
            raise ImageError(f"{name} is a folder. Give the path of a picture in it.")
        if path.exists() and not path.is_file():
            raise ImageError(f"{name} is not a plain file. Give the path of a picture.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {name}. Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{name} can't be opened: {reason}. Check the path and rights.") from error


def _check_kind(stream: BinaryIO, name: str) -> None:
    """Refuse what is empty, and HEIC or AVIF that the installed Pillow can't decode."""
    head = stream.read(16)
    stream.seek(0)
    if not head:
        raise ImageError(f"{name} is empty. Save or download it again.")
    if head[4:8] != b"ftyp":
        return
    if head[8:12] in _AVIF_BRANDS and not AvifImagePlugin.SUPPORTED:
        kind, mend = "an AVIF", "use a Pillow with AVIF (from PyPI)"
    elif head[8:12] in _HEIC_BRANDS and "HEIF" not in Image.OPEN:
        kind, mend = "a HEIC", "register the decoder of the package pillow-heif"
    else:
        return
    raise ImageError(
        f"{name} is {kind} picture, which can't be read here. Save it as JPEG or PNG, or {mend}."
    )


def _too_large_mend() -> str:
    return f"The limit is {MAX_PIXELS / 1e6:.0f} megapixels: make it smaller and try again."


def _check_size(size: tuple[int, int], name: str) -> None:
    """Refuse (width, height) that are zero or above the limit."""
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels ({width} × {height}). Use another picture.")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} × {height} pixels ({width * height / 1e6:.1f} megapixels). "
            + _too_large_mend()
        )


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation from 1 (upright) to 8; 1 where there is none or it can't be read.

    In a PNG only what stands before the pixels counts, as in browsers; so nothing is decoded here.
    """
    try:
        return int(Image.Image.getexif(picture).get(_ORIENTATION_TAG, 1))
    except Exception as error:  # a damaged EXIF block must not cost the picture
        logger.debug("Ignored a damaged EXIF block: %s", error)
        return 1


def _from_array(array: NDArray[Any]) -> ImageArray:
    """An array checked and turned into uint8 (H, W, 3)."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageError(
            f"An array of the shape {array.shape} is no picture. Give (H, W) gray, (H, W, 3) RGB "
            "or (H, W, 4) RGBA; move the channels last."
        )
    _check_size((array.shape[1], array.shape[0]), "The array")
    if array.dtype.kind == "f":
        # min and max are NaN where any value is, and then neither comparison holds
        if not (array.min() >= 0 and array.max() <= 1):
            raise ImageError(
                "A picture of floating point must hold finite values in [0, 1]. "
                "Divide by 255 if it runs to 255."
            )
        array = (array * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ImageError(
            f"An array of {array.dtype} is no picture. Give uint8 in 0 to 255 or floating point "
            "in [0, 1]."
        )
    if array.ndim == 2 or array.shape[2] == 4:
        array = np.asarray(to_rgb(Image.fromarray(np.ascontiguousarray(array))))
    return np.ascontiguousarray(array)

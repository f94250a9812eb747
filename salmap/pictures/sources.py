"""What a picture can be read from: opening it safely, with its kind and size checked.

Nothing here changes Pillow's settings, so any number of threads may read pictures at the same
time.
"""

from __future__ import annotations

import io
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


@contextmanager
def opened(source: ImageSource) -> Iterator[Image.Image]:
    """The Pillow image behind a source, its size checked; any failure inside is an ImageError."""
    name = _name(source)
    try:
        if isinstance(source, Image.Image):
            check_size(source.size, name)
            yield source
            return
        with _stream(source, name) as stream:
            _check_kind(stream, name)
            heif = ("HEIF",) if "HEIF" in Image.OPEN else ()
            with Image.open(stream, formats=_FORMATS + heif) as picture:
                check_size(picture.size, name)
                yield picture
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is not a picture that can be read, or its beginning is damaged. "
            "Use a JPEG, PNG, WebP, BMP, TIFF, GIF or AVIF file."
        ) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} has far too many pixels. {_limit()}") from error
    except MemoryError as error:
        raise ImageError(
            f"There is not enough memory to read {name}. Use a smaller copy."
        ) from error
    except Exception as error:  # on damaged files, decoders raise almost anything
        raise ImageError(
            f"{name} is damaged or incomplete and can't be read ({error}). "
            "Save or download it again, or use another file."
        ) from error


def check_size(size: tuple[int, int], name: str) -> None:
    """Refuse (width, height) that are zero or above the limit."""
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels ({width} × {height}). Use another picture.")
    if width * height > MAX_PIXELS:
        raise ImageError(
            f"{name} has {width} × {height} pixels ({width * height / 1e6:.1f} megapixels). "
            + _limit()
        )


def _name(source: ImageSource) -> str:
    """What to call a source in a message."""
    if isinstance(source, str | os.PathLike):
        return str(source)
    name = getattr(source, "filename", "") or getattr(source, "name", "")
    return name if isinstance(name, str) and name else "The picture"


def _stream(source: ImageSource, name: str) -> BinaryIO:
    """A seekable stream of bytes from a source that is neither an array nor a Pillow image."""
    if isinstance(source, str | os.PathLike):
        return _open_file(Path(source), name)
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if isinstance(source, Image.Image | np.ndarray) or not hasattr(source, "read"):
        raise ImageError(
            f"A picture can't be read from a {type(source).__name__}. Pass a path, "
            "bytes, an open file, a Pillow image or an RGB array."
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
            raise ImageError(f"{name} is a folder. Pass the path of a picture in it.")
        if path.exists() and not path.is_file():
            raise ImageError(f"{name} is not a regular file. Pass the path of a picture.")
        return path.open("rb")
    except FileNotFoundError as error:
        raise ImageError(f"There is no file {name}. Check the path.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(
            f"{name} can't be opened: {reason}. Check the path and its permissions."
        ) from error


def _check_kind(stream: BinaryIO, name: str) -> None:
    """Refuse empty files, and HEIC or AVIF if the installed Pillow can't decode it."""
    head = stream.read(16)
    stream.seek(0)
    if not head:
        raise ImageError(f"{name} is empty. Save or download it again.")
    if head[4:8] != b"ftyp":
        return
    if head[8:12] in _AVIF_BRANDS and not AvifImagePlugin.SUPPORTED:
        kind, remedy = "an AVIF", "install the Pillow from PyPI, which reads AVIF"
    elif head[8:12] in _HEIC_BRANDS and "HEIF" not in Image.OPEN:
        kind, remedy = "a HEIC", "register the decoder of the package pillow-heif"
    else:
        return
    raise ImageError(
        f"{name} is {kind} picture, which can't be read here. Save it as JPEG or PNG, or {remedy}."
    )


def _limit() -> str:
    return f"The limit is {MAX_PIXELS / 1e6:.0f} megapixels; use a smaller copy."

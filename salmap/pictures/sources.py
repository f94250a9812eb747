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
from salmap.pictures.kinds import (
    AVIF_BRANDS,
    HEAD_BYTES,
    brands,
    is_heic,
    unsupported_kind,
    unusual_kind,
)

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
_USABLE = "Use a JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF or HEIC file."
_FIRST_IMAGE_KIND = 254  # a tag of TIFF; its lowest bit says "a smaller copy of another image"


@contextmanager
def opened(source: ImageSource) -> Iterator[Image.Image]:
    """The Pillow image behind a source, its size checked; any failure inside is an ImageError."""
    name, head = _name(source), b""
    try:
        if isinstance(source, Image.Image):
            check_size(source.size, name)
            yield source
            return
        with _stream(source, name) as stream:
            head = _checked_head(stream, name)
            with _open_heic(stream) if is_heic(head) else _open(stream, name) as picture:
                check_size(picture.size, name)
                yield picture
    except ImageError:
        raise
    except UnidentifiedImageError as error:
        what = unusual_kind(head) or "not a picture that can be read"
        raise ImageError(f"{name} is {what}, or its beginning is damaged. {_USABLE}") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f"{name} has far too many pixels. {_limit()}") from error
    except MemoryError as error:
        raise ImageError(
            f"There is not enough memory to read {name}. Use a smaller copy."
        ) from error
    except Exception as error:  # on damaged files, decoders raise almost anything
        raise ImageError(
            f"{name} is damaged or incomplete and can't be read ({_words(error)}). "
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
        several = " Several pictures go to predict_many." if isinstance(source, list) else ""
        raise ImageError(
            f"A picture can't be read from a {type(source).__name__}. Pass a path, bytes, an open "
            f"file, a Pillow image or an RGB array, such as numpy.array(pixels, 'uint8').{several}"
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


def _checked_head(stream: BinaryIO, name: str) -> bytes:
    """The first bytes; empty files and those of kinds that are not read are refused."""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise ImageError(f"{name} is empty. Save or download it again.")
    kind = unsupported_kind(head)
    if not kind and brands(head) & AVIF_BRANDS and not AvifImagePlugin.SUPPORTED:
        kind = "an AVIF picture"  # Pillow may have been built without it
    if kind:
        raise ImageError(f"{name} is {kind}, which is not supported. {_USABLE}")
    return head


def _open(stream: BinaryIO, name: str) -> Image.Image:
    picture = Image.open(stream, formats=_FORMATS)
    tags = getattr(picture, "tag_v2", {})  # of a TIFF
    if tags.get(_FIRST_IMAGE_KIND, 0) & 1:  # the full picture is there for raw converters alone
        raise ImageError(f"{name} is a camera's raw file, which is not supported. {_USABLE}")
    return picture


def _open_heic(stream: BinaryIO) -> Image.Image:
    from pi_heif import HeifImageFile  # noqa: PLC0415  (takes a tenth of a second, seldom needed)

    picture: Image.Image = HeifImageFile(stream)
    return picture


def _words(error: Exception) -> str:
    """What a decoder says, on one line."""
    return " ".join(str(error).split())


def _limit() -> str:
    return f"The limit is {MAX_PIXELS / 1e6:.0f} megapixels; use a smaller copy."

"""JPEGs without an end mark, as cheap cameras and cut streams leave them."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image

_END = b"\xff\xd9"
#: what a decoder would take for pixels if there were any to come; it reads nothing as zeros
_NOT_ZEROS = b"\xaa" * 256


def load_pixels(picture: Image.Image) -> Image.Image:
    """The picture with its pixels read; a JPEG that lacks nothing but its end mark, too.

    Raises:
        OSError: if pixels are missing, or whatever else a decoder raises on damaged files.
    """
    stream = getattr(picture, "fp", None)
    try:
        picture.load()
    except OSError:
        whole = _with_end(stream) if picture.format in {"JPEG", "MPO"} and stream else None
        if whole is None:
            raise
        return whole
    return picture


def _with_end(stream: BinaryIO) -> Image.Image | None:
    """A JPEG with the mark put behind it, unless what else stands there shows in the pixels."""
    stream.seek(0)
    data = stream.read().rstrip(b"\xff")
    plain, other = (
        Image.open(io.BytesIO(data + filling + _END), formats=("JPEG",))
        for filling in (b"", _NOT_ZEROS)
    )
    return plain if plain.tobytes() == other.tobytes() else None

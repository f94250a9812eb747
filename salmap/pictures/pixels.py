"""Reading the pixels of a picture as browsers do, where Pillow does it otherwise.

Browsers read a JPEG without an end mark, as cheap cameras and cut streams leave them, leave the
canvas of a GIF clear where the first frame does not reach, and do not show the picture that a PNG
holds for those who know no animation.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image, ImageChops

_END = b"\xff\xd9"
#: what a decoder would take for pixels if there were any to come; it reads nothing as zeros
_NOT_ZEROS = b"\xaa" * 256


def load_pixels(picture: Image.Image) -> Image.Image:
    """The picture, or its first frame, with the pixels read.

    A JPEG may lack its end mark and nothing else.

    Raises:
        OSError: if pixels are missing, or whatever else a decoder raises on damaged files.
    """
    stream = getattr(picture, "fp", None)
    if getattr(picture, "default_image", False) and getattr(picture, "n_frames", 1) > 1:
        picture.seek(1)
    try:
        picture.load()
    except OSError:
        whole = _with_end(stream) if picture.format in {"JPEG", "MPO"} and stream else None
        if whole is None:
            raise
        return whole
    return _on_clear_canvas(picture) if picture.format == "GIF" else picture


def _on_clear_canvas(gif: Image.Image) -> Image.Image:
    """A GIF whose canvas is clear where its first frame does not reach."""
    box = getattr(gif, "dispose_extent", None)
    if gif.tell() or not box or box == (0, 0, *gif.size):
        return gif
    canvas = Image.new("RGBA", gif.size)
    canvas.paste(gif.convert("RGBA").crop(box), box)
    return canvas


def _with_end(stream: BinaryIO) -> Image.Image | None:
    """A JPEG with the mark put behind it, unless what else stands there shows in the pixels."""
    stream.seek(0)
    data = stream.read().rstrip(b"\xff")
    plain, other = (
        Image.open(io.BytesIO(data + filling + _END), formats=("JPEG",))
        for filling in (b"", _NOT_ZEROS)
    )
    return plain if ImageChops.difference(plain, other).getbbox() is None else None

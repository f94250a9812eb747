"""Pictures as the bytes of files."""

from __future__ import annotations

import io

import cv2
from PIL import Image

from salmap.errors import ImageError, RenderError
from salmap.types import ImageArray

_JPEG_SIDE = 65_500  # longest side that a JPEG can have


def encode_png(image: ImageArray) -> bytes:
    """A picture uint8 (H, W, 3), RGB, as the bytes of a PNG file, without loss."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def encode_jpeg(image: ImageArray, quality: int = 90) -> bytes:
    """A picture uint8 (H, W, 3), RGB, as the bytes of a JPEG file, colors at full resolution.

    Raises:
        ImageError: if a side is longer than JPEG allows.
        RenderError: if `quality` is not from 1 to 100.
    """
    if not 1 <= quality <= 100:
        raise RenderError(f"The quality of a JPEG lies between 1 and 100; {quality} does not.")
    if max(image.shape[:2]) > _JPEG_SIDE:
        raise ImageError(
            f"A JPEG can't have a side of {max(image.shape[:2])} pixels, at most {_JPEG_SIDE}. "
            "Save it as PNG."
        )
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality, subsampling=0)
    return stream.getvalue()

"""Pictures from any source, as upright RGB arrays."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from salmap.errors import ImageError
from salmap.pictures.colors import to_rgb
from salmap.pictures.sources import ImageSource, check_size, opened
from salmap.types import ImageArray

logger = logging.getLogger(__name__)

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
        uint8 (H, W, 3), RGB, C-contiguous, writable unless it is the array that was passed in.

    Raises:
        ImageError: if it is not a picture, is damaged, too large (`MAX_PIXELS`) or unreadable.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    with opened(source) as picture:
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
    with opened(source) as picture:
        width, height = picture.size
        # Pillow itself turns a TIFF, and says so in its size from the start.
        sideways = picture.format != "TIFF" and _orientation(picture) >= 5
        return (width, height) if sideways else (height, width)


def _orientation(picture: Image.Image) -> int:
    """EXIF orientation from 1 (upright) to 8; 1 if it is missing or can't be read.

    In a PNG only what stands before the pixels counts, as in browsers; so nothing is decoded here.
    """
    try:
        return int(Image.Image.getexif(picture).get(_ORIENTATION_TAG, 1))
    except Exception as error:  # a damaged EXIF block must not cost the picture
        logger.debug("Ignored a damaged EXIF block: %s", error)
        return 1


def _from_array(array: NDArray[Any]) -> ImageArray:
    """Check an array and turn it into uint8 (H, W, 3)."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise ImageError(
            f"An array of shape {array.shape} is not a picture. Pass (H, W) gray, (H, W, 3) RGB "
            "or (H, W, 4) RGBA, with the channels last."
        )
    check_size((array.shape[1], array.shape[0]), "The array")
    if array.dtype.kind == "f":
        # min and max are NaN where any value is, and then neither comparison holds
        if not (array.min() >= 0 and array.max() <= 1):
            raise ImageError(
                "A floating-point picture must hold finite values in [0, 1]. "
                "Divide by 255 if it goes up to 255."
            )
        array = (array * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    if array.dtype != np.uint8:
        raise ImageError(
            f"An array of {array.dtype} is not a picture. Pass uint8 in 0 to 255 or floating "
            "point in [0, 1]."
        )
    if array.ndim == 2 or array.shape[2] == 4:
        array = np.asarray(to_rgb(Image.fromarray(np.ascontiguousarray(array))))
    return np.ascontiguousarray(array)

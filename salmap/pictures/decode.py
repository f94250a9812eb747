"""Pictures from any source, as upright RGB arrays."""

from __future__ import annotations

import numpy as np

from salmap.pictures.arrays import as_array, from_array
from salmap.pictures.colors import check_color, to_rgb
from salmap.pictures.pixels import load_pixels
from salmap.pictures.profiles import profile_of
from salmap.pictures.sources import ImageSource, opened
from salmap.pictures.turning import SIDEWAYS, turn_of
from salmap.types import ImageArray


def load_image(source: ImageSource, background: str = "white") -> ImageArray:
    """Read a picture as people see it: upright, sRGB, on white where it is transparent.

    The first frame of an animation is taken. Gray pictures of 16 or 32 bits or of floating point
    are scaled from the smallest usual full scale (1, 255, 1023, 4095 or 65535) that holds all
    their values, others from their own lowest to their highest value.

    Args:
        source: path, bytes of a file, file opened for reading bytes, Pillow image, or array:
            uint8 or floating point in [0, 1]; (H, W) or (H, W, 1) gray, (H, W, 3) RGB or
            (H, W, 4) RGBA. A tensor on the CPU is an array like any other.
        background: another color to lie behind it, by its name or as "#ff8800".

    Returns:
        uint8 (H, W, 3), RGB, C-contiguous, writable unless it is the array that was passed in.

    Raises:
        ImageError: if it is not a picture, is damaged, too large (`MAX_PIXELS`) or unreadable, or
            if there is no such color.
    """
    check_color(background)
    array = as_array(source)
    if array is not None:
        return from_array(array, background)
    with opened(source) as picture:
        turn, profile = turn_of(picture), profile_of(picture)
        upright = to_rgb(load_pixels(picture), profile, background)
        if turn is not None:
            upright = upright.transpose(turn)
        return np.array(upright)


def image_size(source: ImageSource) -> tuple[int, int]:
    """(height, width) in pixels of a picture held upright, read from its header alone.

    Raises:
        ImageError: as `load_image` does, except that damage after the header goes unseen.
    """
    array = as_array(source)
    if array is not None:
        height, width = from_array(array).shape[:2]
        return height, width
    with opened(source) as picture:
        width, height = picture.size
        return (width, height) if turn_of(picture) in SIDEWAYS else (height, width)


def see_through(source: ImageSource) -> bool:
    """Whether some of a picture is transparent, at least in part.

    Raises:
        ImageError: as `load_image` does.
    """
    with opened(source) as picture:
        if picture.format != "GIF" and not picture.has_transparency_data:
            return False  # without reading the pixels; a GIF may be smaller than its canvas
        layer = load_pixels(picture)
        if layer.mode.startswith("I"):  # deep gray, one of whose values may be
            return layer.has_transparency_data
        return layer.convert("RGBA").getchannel("A").getextrema() != (255, 255)

"""Any source to an upright RGB picture, as a browser shows it; sizes and resizing."""

from salmap.pictures.decode import (
    IMAGE_SUFFIXES,
    MAX_PIXELS,
    ImageSource,
    image_size,
    load_image,
)
from salmap.pictures.resize import SCREEN_SIDE, fit_size, resize, screen_size, shrink_image

__all__ = [
    "IMAGE_SUFFIXES",
    "MAX_PIXELS",
    "SCREEN_SIDE",
    "ImageSource",
    "fit_size",
    "image_size",
    "load_image",
    "resize",
    "screen_size",
    "shrink_image",
]

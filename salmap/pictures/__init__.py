"""Pictures from any source, upright and in RGB, as a browser shows them; sizes and resizing."""

from salmap.pictures.decode import image_size, load_image, see_through
from salmap.pictures.resize import SCREEN_SIDE, fit_size, resize, screen_size, shrink_image
from salmap.pictures.sources import IMAGE_SUFFIXES, MAX_PIXELS, ImageSource

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
    "see_through",
    "shrink_image",
]

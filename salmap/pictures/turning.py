"""Which way up a picture is shown."""

from __future__ import annotations

import logging

from PIL import Image
from PIL.Image import Transpose

logger = logging.getLogger(__name__)

_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]})
#: Pillow turns a TIFF itself and says so in its size; browsers show a WebP as it is stored
_NEVER = frozenset({"TIFF", "WEBP"})


def turn_of(picture: Image.Image) -> Transpose | None:
    """How a picture whose pixels are not read yet must be turned to stand upright, if at all.

    As in browsers, only EXIF counts that stands before the pixels, and XMP never does.
    """
    data = picture.info.get("exif")
    if not data or picture.format in _NEVER:
        return None
    exif = Image.Exif()
    try:
        exif.load(data)
        return _TURNS.get(exif.get(_ORIENTATION_TAG, 1))
    except Exception as error:  # a damaged EXIF block must not cost the picture
        logger.debug("Ignored a damaged EXIF block: %s", error)
        return None

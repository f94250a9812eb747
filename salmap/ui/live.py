"""A heatmap for one picture of a camera, as small and as soon as can be; nothing is kept of it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from salmap.errors import ImageError
from salmap.pictures import load_image
from salmap.regions import top_regions
from salmap.render import display_scale
from salmap.types import Region

if TYPE_CHECKING:
    from salmap.predictor import Predictor

#: longest JPEG that is taken, in bytes; one of 640x480 has about a twentieth of that
MAX_BYTES = 1_000_000
#: how many areas are marked
AREAS = 3


@dataclass(frozen=True, eq=False)
class Heat:
    """Where people would look in a picture of a camera.

    Attributes:
        levels: uint8 (h, w) on the model's own grid: the attention scale (`salmap.render.scale`)
            in 256 steps.
        regions: the most salient first, in cells of that grid.
        is_blank: whether there is nothing to see in the picture.
    """

    levels: NDArray[np.uint8]
    regions: tuple[Region, ...]
    is_blank: bool


def heat(jpeg: bytes, network: Predictor) -> Heat:
    """Predict on the model's own grid, without any work at a larger size.

    Raises:
        ImageError: if the bytes are too many or not a picture.
    """
    if len(jpeg) > MAX_BYTES:
        raise ImageError(f"A picture of the camera has more than {MAX_BYTES // 1_000_000} MB.")
    found = network.predict_grid(load_image(jpeg), content="photo")
    density = np.exp(found.grid)
    levels = (display_scale(density) * 255 + 0.5).astype(np.uint8)
    return Heat(levels, tuple(top_regions(density, AREAS)), bool(found.notes))


def jpeg_from(message: Any) -> bytes:
    """The file in what a browser sent, in base64 under "jpeg"; no bytes if there is none."""
    try:
        return base64.b64decode(message["jpeg"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        return b""

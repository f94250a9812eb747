"""What drawings share: a picture of the map's size, and colors laid over it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.errors import DensityError, RenderError
from salmap.pictures import ImageSource, load_image
from salmap.types import ImageArray


def check_range(name: str, value: float, highest: float = 1) -> None:
    """Refuse an option that is not between 0 and `highest`.

    Raises:
        RenderError: naming the option.
    """
    if not 0 <= value <= highest:
        raise RenderError(f"The {name} must lie between 0 and {highest:g}; {value} does not.")


def matching(image: ImageSource, values: NDArray[np.generic]) -> ImageArray:
    """The picture as an array.

    Raises:
        DensityError: if the map is of another size.
    """
    picture = load_image(image)
    if picture.shape[:2] != values.shape:
        raise DensityError(
            f"The picture has {picture.shape[:2]} pixels (height, width) and the map "
            f"{values.shape}. Resize one to the other first."
        )
    return picture


def color(values: NDArray[np.floating], table: NDArray[np.uint8]) -> ImageArray:
    """Values in [0, 1], (H, W), looked up in a table (256, 3)."""
    return color_levels(levels(values), table)


def levels(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Values in [0, 1] as the nearest of 256 levels."""
    return (values * 255 + 0.5).astype(np.uint8)


def color_levels(levels: NDArray[np.uint8], table: NDArray[np.uint8]) -> ImageArray:
    """Levels, (H, W), looked up in a table (256, 3)."""
    return np.asarray(cv2.applyColorMap(levels, table[:, None]), np.uint8)


def fade(values: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    """0 up to `start`, 1 from `end`, smooth between (cubic), for each value."""
    t = (values - np.float32(start)) / np.float32(end - start)
    np.clip(t, 0, 1, out=t)
    smooth = 3 - 2 * t
    smooth *= t
    smooth *= t
    return np.asarray(smooth, np.float32)


def blend(below: ImageArray, above: ImageArray, weight: NDArray[np.float32]) -> ImageArray:
    """`above` over `below` with a weight in [0, 1] for each pixel."""
    weight = weight.astype(np.float32, copy=False)
    return np.asarray(cv2.blendLinear(below, above, 1 - weight, weight), np.uint8)


def muted(picture: ImageArray) -> ImageArray:
    """A picture with half of its color and contrast, so that lines on it stand out."""
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    ground = np.full_like(picture, 255 if gray.mean() > 127 else 0)
    return np.asarray(
        cv2.addWeighted(cv2.addWeighted(picture, 0.5, gray, 0.5, 0), 0.6, ground, 0.4, 0), np.uint8
    )

"""What a page or a report says of one prediction: regions, areas, and a copy fit for a screen."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import blur, normalise
from salmap.image import resize
from salmap.regions import attention_area, top_regions
from salmap.types import ImageArray, MapArray, Prediction, Region

#: long side, in pixels, of what is drawn for a screen
SCREEN_SIDE = 1600
#: how many regions are looked for
MAX_REGIONS = 10

_BLUR_GRID = 320  # long side, in cells, of the copy on which a density is smoothed


@dataclass(frozen=True)
class Analysis:
    """The numbers of one prediction.

    Attributes:
        model: name of the model that made it.
        size: (height, width) of the picture, in pixels.
        regions: at most `MAX_REGIONS`, largest share first; boxes and peaks in pixels of `size`.
        half_area: the smallest share of the picture, in [0, 1], on which half of all looks fall.
    """

    model: str
    size: tuple[int, int]
    regions: tuple[Region, ...]
    half_area: float


def analyse(prediction: Prediction) -> Analysis:
    """Measure a prediction. Regions are found, and their shares summed, at full size."""
    density = prediction.density
    return Analysis(
        model=prediction.model,
        size=prediction.size,
        regions=tuple(top_regions(density, MAX_REGIONS)),
        half_area=attention_area(shrink_density(density, screen_size(prediction.size)), 0.5),
    )


def screen_size(size: tuple[int, int], long_side: int = SCREEN_SIDE) -> tuple[int, int]:
    """The (height, width) at which a picture of `size` is drawn for a screen; never larger."""
    shrink = min(1.0, long_side / max(size))
    return max(1, round(size[0] * shrink)), max(1, round(size[1] * shrink))


def shrink_image(image: ImageArray, long_side: int = SCREEN_SIDE) -> ImageArray:
    """A picture (H, W, 3) at its `screen_size`."""
    size = screen_size(image.shape[:2], long_side)
    return image if size == image.shape[:2] else resize(image, size)


def shrink_density(density: MapArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """A density averaged over the cells of a smaller (height, width): float32, sums to 1.

    Raises:
        DensityError: if it is no density.
    """
    if density.shape == size:
        return normalise(density).astype(np.float32)
    smaller = cv2.resize(density, size[::-1], interpolation=cv2.INTER_AREA)
    return normalise(np.asarray(smaller, np.float32)).astype(np.float32)


def smoothed(density: MapArray, smoothing: float) -> NDArray[np.float32]:
    """A density blurred by a Gaussian, for drawing: float32 (H, W), sums to 1.

    Args:
        density: (H, W).
        smoothing: standard deviation as a share of the long side; 0 changes nothing. Blurred is
            a small copy, which for a deviation of a hundredth or more can't be told apart.

    Raises:
        DensityError: if it is no density.
    """
    if smoothing <= 0:
        return np.asarray(density, np.float32)
    height, width = density.shape
    grid = screen_size((height, width), _BLUR_GRID)
    soft = blur(shrink_density(density, grid), smoothing * max(grid))
    large = cv2.resize(soft.astype(np.float32), (width, height))
    return normalise(np.asarray(large, np.float32)).astype(np.float32)

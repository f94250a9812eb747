"""Lines, frames and numbers on a picture: contours of attention and salient regions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.areas import Area
from salmap.errors import RenderError
from salmap.pictures import ImageSource, load_image
from salmap.render.blend import matching, muted
from salmap.render.canvas import Canvas
from salmap.render.scale import display_scale
from salmap.types import ImageArray, MapArray, Region

_CONTOUR, _CONTOUR_EDGE = (205, 0, 110), (255, 255, 255)
_CONTOUR_GRID = 512  # long side of the copy on which contours are traced


def contours(
    image: ImageSource,
    density: MapArray,
    levels: Iterable[float] = (0.5, 0.8),
    mute: bool = False,
) -> ImageArray:
    """The picture with lines around the smallest areas that hold given shares of attention.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        levels: shares of attention, each between 0 and 1; each line carries its share in percent.
        mute: whether to take half of the picture's color and contrast away, so that the lines can
            be told from what it shows.

    Raises:
        DensityError: if `density` is not a density of the picture's size.
        RenderError: if a level is not between 0 and 1.
    """
    from skimage.measure import find_contours  # noqa: PLC0415  (slow to import, seldom needed)

    picture = matching(image, density)
    canvas = Canvas(muted(picture) if mute else picture)
    height, width = density.shape
    shrink = min(1.0, _CONTOUR_GRID / max(height, width))
    grid = (max(1, round(height * shrink)), max(1, round(width * shrink)))
    values = cv2.resize(display_scale(density), grid[::-1], interpolation=cv2.INTER_AREA)
    closed = np.pad(values, 1)  # so that lines run along the picture's edge
    step = np.array([width / grid[1], height / grid[0]])  # pixels a cell
    for number, share in enumerate(levels):
        if not 0 < share < 1:
            raise RenderError(f"The level of a contour lies between 0 and 1; {share} does not.")
        lines = [
            # to (x, y) in pixels of the picture, from (row, column) in cells of the padded grid
            np.clip((line[:, ::-1] - 0.5) * step - 0.5, 0, (width - 1, height - 1))
            for line in find_contours(closed, 1 - share)
        ]
        canvas.lines(lines, _CONTOUR, _CONTOUR_EDGE)
        if lines:
            rows = max(lines, key=len)[:, 1]
            place = rows.argmax() if number % 2 else rows.argmin()  # above and below by turns
            canvas.badge(tuple(max(lines, key=len)[place]), f"{share:.0%}")
    return canvas.pixels()


def draw_regions(
    image: ImageSource, regions: Sequence[Region], labels: NDArray[np.integer] | None = None
) -> ImageArray:
    """The picture with its salient regions framed and numbered by rank.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        regions: from `salmap.regions`.
        labels: (H, W), the rank of each pixel's region as `region_labels` gives it: then the
            regions are outlined; without it they are framed by their boxes.

    Raises:
        DensityError: if `labels` has not the picture's size.
    """
    picture = load_image(image) if labels is None else matching(image, labels)
    canvas = Canvas(picture)
    for region in regions:
        if labels is None:
            canvas.box(region.box)
        else:
            canvas.outline(labels == region.rank)
    for region in reversed(regions):  # the number of the first region lies on top
        anchor = region.box[:2] if labels is None else region.peak
        canvas.badge(anchor, str(region.rank))
    return canvas.pixels()


def draw_areas(image: ImageSource, areas: Sequence[Area]) -> ImageArray:
    """The picture with areas of interest outlined and numbered in the order given.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        areas: with corners on the edges of its pixels.
    """
    picture = load_image(image)
    canvas = Canvas(picture)
    for area in areas:
        ring = np.array([*area.corners, area.corners[0]], np.float64) - 0.5
        canvas.lines([ring.clip(0, np.array(picture.shape[1::-1]) - 1.0)])
    for number, area in enumerate(areas, 1):
        canvas.badge(area.corners[0], str(number))
    return canvas.pixels()

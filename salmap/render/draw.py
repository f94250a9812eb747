"""Pictures of densities: heatmap, overlay, contours, focus, regions, differences.

Everything here takes arrays and returns new uint8 arrays (H, W, 3), RGB.

What the colors stand for is told in `salmap.render.scale`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import find_contours

from salmap.density import normalize
from salmap.errors import DensityError, ImageError, RenderError
from salmap.pictures import ImageSource, load_image
from salmap.render.canvas import Canvas
from salmap.render.colormaps import colormap_table, diverging_table
from salmap.render.scale import display_scale
from salmap.types import ImageArray, MapArray, Region

_FADE = 0.25  # an overlay fades in over this much of the display scale
_FOCUS_SHARE = 0.5  # what draws this share of attention stays wholly clear in `focus`
_JPEG_SIDE = 65_500  # longest side that a JPEG can have
_CONTOUR_GRID = 512  # long side of the copy on which contours are traced


def heatmap(density: MapArray, colormap: str = "viridis", scale: str = "share") -> ImageArray:
    """A density in colors: uint8 (H, W, 3).

    Raises:
        DensityError: if `density` is no density.
        RenderError: if there is no such colormap or scale.
    """
    return _color(display_scale(density, scale), colormap_table(colormap))


def overlay(
    image: ImageSource,
    density: MapArray,
    opacity: float = 0.5,
    colormap: str = "turbo",
    threshold: float = 0.0,
    scale: str = "share",
) -> ImageArray:
    """A heatmap laid over its picture; where little is looked at, the picture shows as it is.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        opacity: of the heatmap where attention is high, in [0, 1].
        colormap: a name from `COLORMAPS`.
        threshold: display value, in [0, 1], up to which nothing is laid over the picture; 0.5
            shows, on the scale "share", where half of all looks fall, 1 hides the heatmap.
        scale: one of `SCALES`.

    Returns:
        uint8 (H, W, 3).

    Raises:
        DensityError: if `density` is no density of the picture's size.
        RenderError: if an option does not exist or is out of range.
    """
    _check_share("opacity", opacity)
    _check_share("threshold", threshold)
    picture = _matching(image, density)
    values = display_scale(density, scale)
    colors = _color(values, colormap_table(colormap))
    return _blend(picture, colors, opacity * _fade(values, threshold, threshold + _FADE))


def focus(image: ImageSource, density: MapArray, strength: float = 0.8) -> ImageArray:
    """The picture with what draws little attention darkened and drained of color.

    Where half of all looks fall, the picture is untouched.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        strength: in [0, 1]; 0 leaves the picture, 1 makes what is never looked at black.

    Raises:
        DensityError: if `density` is no density of the picture's size.
        RenderError: if `strength` is out of range.
    """
    _check_share("strength", strength)
    picture = _matching(image, density)
    hidden = strength * (1 - _fade(display_scale(density), 0.0, 1 - _FOCUS_SHARE))
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    dark = (gray * (1 - strength)).astype(np.uint8)
    return _blend(picture, dark, hidden)


def contours(
    image: ImageSource, density: MapArray, levels: Iterable[float] = (0.5, 0.8)
) -> ImageArray:
    """The picture with lines around the smallest areas that hold given shares of attention.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        levels: shares of attention, each between 0 and 1; each line carries its share in percent.

    Raises:
        DensityError: if `density` is no density of the picture's size.
        RenderError: if a level is not between 0 and 1.
    """
    canvas = Canvas(_matching(image, density))
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
        canvas.lines(lines)
        if lines:
            rows = max(lines, key=len)[:, 1]
            place = rows.argmax() if number % 2 else rows.argmin()  # above and below by turns
            canvas.label(tuple(max(lines, key=len)[place]), f"{share:.0%}")
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
    picture = load_image(image) if labels is None else _matching(image, labels)
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


def difference_limit(density_a: MapArray, density_b: MapArray) -> float:
    """The scale of `difference`: the 99.9th percentile of the absolute difference.

    In multiples of the average density over the picture, so that it does not depend on the
    picture's size; at least 0.001, so that rounding does not look like a difference.

    Raises:
        DensityError: if one is no density or their sizes differ.
    """
    return _limit(_relative_difference(density_a, density_b))


def difference(density_a: MapArray, density_b: MapArray, limit: float | None = None) -> ImageArray:
    """Where one density is higher than another: uint8 (H, W, 3), diverging colors.

    Orange where `density_a` is higher, blue where `density_b` is higher, white where they agree.
    The scale is linear and symmetrical, from minus to plus `limit`.

    Args:
        density_a, density_b: (H, W) each, non-negative; both are scaled to sum to 1.
        limit: the difference, in multiples of the average density over the picture, that gets
            the full color; `difference_limit` of the two if not given.

    Raises:
        DensityError: if one is no density or their sizes differ.
        RenderError: if `limit` is not positive.
    """
    if limit is not None and not limit > 0:
        raise RenderError(f"The limit of a difference must be positive; {limit} is not.")
    values = _relative_difference(density_a, density_b)
    limit = limit or _limit(values)
    return _color((values / limit).clip(-1, 1) / 2 + 0.5, diverging_table())


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


def _relative_difference(density_a: MapArray, density_b: MapArray) -> NDArray[np.float64]:
    if np.shape(density_a) != np.shape(density_b):
        raise DensityError(
            f"Densities of {np.shape(density_a)} and {np.shape(density_b)} pixels can't be "
            "compared. Give two of the same picture."
        )
    return (normalize(density_a) - normalize(density_b)) * np.size(density_a)


def _limit(differences: NDArray[np.float64]) -> float:
    return max(1e-3, float(np.quantile(np.abs(differences), 0.999)))


def _check_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise RenderError(f"The {name} must lie between 0 and 1; {value} does not.")


def _matching(image: ImageSource, values: NDArray[np.generic]) -> ImageArray:
    """The picture as an array, refused unless the map has its size."""
    picture = load_image(image)
    if picture.shape[:2] != values.shape:
        raise DensityError(
            f"The picture has {picture.shape[:2]} pixels (height, width) and the map "
            f"{values.shape}. Resize one to the other first."
        )
    return picture


def _color(values: NDArray[np.floating], table: NDArray[np.uint8]) -> ImageArray:
    """Values in [0, 1], (H, W), looked up in a table (256, 3)."""
    levels = (values * 255 + 0.5).astype(np.uint8)
    return np.asarray(cv2.applyColorMap(levels, table[:, None]), np.uint8)


def _fade(values: NDArray[np.float32], start: float, end: float) -> NDArray[np.float32]:
    """0 up to `start`, 1 from `end`, smooth between (cubic), for each value."""
    t = np.clip((values - np.float32(start)) / np.float32(end - start), 0, 1)
    return t * t * (3 - 2 * t)


def _blend(below: ImageArray, above: ImageArray, weight: NDArray[np.float32]) -> ImageArray:
    """`above` over `below` with a weight in [0, 1] for each pixel."""
    weight = weight.astype(np.float32)
    return np.asarray(cv2.blendLinear(below, above, 1 - weight, weight), np.uint8)

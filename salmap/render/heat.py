"""Colors laid over a picture: heatmap, overlay, focus.

Everything here returns new uint8 arrays (H, W, 3), RGB. What the colors stand
for is explained in `salmap.render.scale`.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.pictures import ImageSource
from salmap.render.blend import blend, check_range, color_levels, fade, levels, matching
from salmap.render.colormaps import colormap_table
from salmap.render.scale import on_scale
from salmap.render.style import Style
from salmap.types import ImageArray, MapArray

_FADE = 0.25  # an overlay fades in over this much of the display scale
_FOCUS_SHARE = 0.5  # what draws this share of attention stays perfectly clear in `focus`


def heatmap(density: MapArray, colormap: str = Style.colormap, scale: str = "share") -> ImageArray:
    """A density in colors: uint8 (H, W, 3).

    Raises:
        DensityError: if `density` is not a density.
        RenderError: if there is no such colormap or scale.
    """
    (shown,) = on_scale(density, scale, levels)
    return color_levels(shown, colormap_table(colormap))


def overlay(
    image: ImageSource,
    density: MapArray,
    opacity: float = Style.opacity,
    colormap: str = Style.colormap,
    threshold: float = Style.threshold,
    scale: str = "share",
) -> ImageArray:
    """A heatmap laid over its picture; where attention is weak, the picture shows as it is.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        opacity: of the heatmap where attention is high, in [0, 1].
        colormap: a name from `COLORMAPS`.
        threshold: display value, in [0, 1], up to which nothing is laid over the picture; on the
            scale "share", 0.5 shows where people spend half their attention; 1 hides the heatmap.
        scale: one of `SCALES`.

    Returns:
        uint8 (H, W, 3).

    Raises:
        DensityError: if `density` is not a density of the picture's size.
        RenderError: if an option does not exist or is out of range.
    """
    check_range("opacity", opacity)
    check_range("threshold", threshold)
    picture = matching(image, density)
    shown, weight = on_scale(
        density, scale, levels, lambda values: opacity * fade(values, threshold, threshold + _FADE)
    )
    return blend(picture, color_levels(shown, colormap_table(colormap)), weight)


def layer_colors(
    colormap: str = Style.colormap, threshold: float = Style.threshold
) -> NDArray[np.uint8]:
    """The colors of an overlay without its picture: for programs that lay it over one themselves.

    Args:
        colormap, threshold: see `overlay`.

    Returns:
        uint8 (256, 4), RGBA, from the lowest display value to the highest; A is the weight of the
        color in an overlay of opacity 1.

    Raises:
        RenderError: if an option does not exist or is out of range.
    """
    check_range("threshold", threshold)
    weight = fade(np.linspace(0, 1, 256, dtype=np.float32), threshold, threshold + _FADE)
    return np.column_stack([colormap_table(colormap), levels(weight)])


def focus(image: ImageSource, density: MapArray, strength: float = 0.8) -> ImageArray:
    """The picture with what draws little attention darkened and drained of color.

    Where people spend half their attention, the picture is untouched.

    Args:
        image: the picture, (H, W); whatever `load_image` takes.
        density: (H, W), non-negative.
        strength: in [0, 1]; 0 changes nothing, 1 makes what nobody looks at black.

    Raises:
        DensityError: if `density` is not a density of the picture's size.
        RenderError: if `strength` is out of range.
    """
    check_range("strength", strength)
    picture = matching(image, density)
    (hidden,) = on_scale(
        density, "share", lambda values: strength * (1 - fade(values, 0.0, 1 - _FOCUS_SHARE))
    )
    gray = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    dark = (gray * (1 - strength)).astype(np.uint8)
    return blend(picture, dark, hidden)

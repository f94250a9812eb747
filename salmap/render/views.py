"""The views of a prediction, each drawn in a style."""

from __future__ import annotations

from salmap.density import smoothed
from salmap.render.differences import difference, difference_limit
from salmap.render.folds import mark_folds
from salmap.render.heat import focus, heatmap, overlay
from salmap.render.marks import contours
from salmap.render.style import Style, View
from salmap.screens import Screens
from salmap.types import ImageArray, MapArray


def draw(
    view: View,
    image: ImageArray,
    density: MapArray,
    style: Style,
    screens: Screens | None = None,
) -> ImageArray:
    """Draw one view of a density and the picture it belongs to: uint8 (H, W, 3).

    Args:
        view: what to draw.
        image: uint8 (H, W, 3).
        density: (H, W), non-negative.
        style: how to draw it.
        screens: whose folds are marked, if the picture was analyzed screen by screen.

    Raises:
        DensityError: if the sizes differ or `density` is not a density.
    """
    if view is View.ORIGINAL:
        return image
    drawn = _drawn(view, image, smoothed(density, style.smoothing), style)
    return mark_folds(drawn, screens) if screens else drawn


def _drawn(view: View, image: ImageArray, density: MapArray, style: Style) -> ImageArray:
    if view is View.HEATMAP:
        return heatmap(density, style.colormap)
    if view is View.CONTOURS:
        return contours(image, density, mute=True)
    if view is View.FOCUS:
        return focus(image, density)
    return overlay(image, density, style.opacity, style.colormap, style.threshold)


def difference_view(
    density_a: MapArray, density_b: MapArray, smoothing: float, gain: float = 1
) -> tuple[ImageArray, float]:
    """The signed difference of two densities as a picture, and its scale.

    Args:
        density_a, density_b: (H, W) each.
        smoothing: of both, as in `Style`.
        gain: divides the scale's limit, so that smaller differences get the full color.

    Returns:
        uint8 (H, W, 3) as `salmap.render.difference` draws it, and the limit of its scale in
        multiples of the average density.

    Raises:
        DensityError: if one is not a density or their sizes differ.
    """
    a, b = smoothed(density_a, smoothing), smoothed(density_b, smoothing)
    limit = difference_limit(a, b) / gain
    return difference(a, b, limit), limit

"""The views of a prediction and the few choices that change how they look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from salmap.density import smoothed
from salmap.errors import RenderError
from salmap.render import colormaps
from salmap.render import draw as drawings
from salmap.types import ImageArray, MapArray


class View(StrEnum):
    """What can be drawn of a prediction."""

    OVERLAY = "Overlay"
    HEATMAP = "Heatmap"
    CONTOURS = "Contours"
    FOCUS = "Focus"
    ORIGINAL = "Original"


@dataclass(frozen=True)
class Look:
    """How views look; nothing in it changes a number.

    Attributes:
        opacity: of the heatmap in the overlay, in [0, 1].
        colormap: a name from `salmap.render.COLORMAPS`; the default changes evenly from low to
            high and suits color-blind people.
        smoothing: of all views, as a share of the long side, in [0, 0.1].
        threshold: what draws least attention is left out of the overlay up to this share of all
            looks, in [0, 1).
    """

    opacity: float = 0.7
    colormap: str = "inferno"
    smoothing: float = 0.0
    threshold: float = 0.2

    def __post_init__(self) -> None:
        if self.colormap not in colormaps.COLORMAPS:
            raise RenderError(f"There is no colormap '{self.colormap}'.")
        limits = {"opacity": 1.0, "smoothing": 0.1, "threshold": 1.0}
        for name, highest in limits.items():
            if not 0 <= getattr(self, name) <= highest:
                raise RenderError(
                    f"The {name} lies between 0 and {highest}; {getattr(self, name)} does not."
                )


def draw(view: View, image: ImageArray, density: MapArray, look: Look) -> ImageArray:
    """Draw one view of a density over its picture of the same size: uint8 (H, W, 3).

    Raises:
        DensityError: if the sizes differ or `density` is no density.
    """
    if view is View.ORIGINAL:
        return image
    density = smoothed(density, look.smoothing)
    if view is View.HEATMAP:
        return drawings.heatmap(density, look.colormap)
    if view is View.CONTOURS:
        return drawings.contours(image, density)
    if view is View.FOCUS:
        return drawings.focus(image, density)
    return drawings.overlay(image, density, look.opacity, look.colormap, look.threshold)


def difference_view(
    density_a: MapArray, density_b: MapArray, smoothing: float, gain: float = 1
) -> tuple[ImageArray, float]:
    """The signed difference of two densities as a picture, and its scale.

    Args:
        density_a, density_b: (H, W) each.
        smoothing: of both, as in `Look`.
        gain: divides the scale's limit, so that smaller differences get the full color.

    Returns:
        uint8 (H, W, 3) as `salmap.render.difference` draws it, and the limit of its scale in
        multiples of the average density.

    Raises:
        DensityError: if one is no density or their sizes differ.
    """
    a, b = smoothed(density_a, smoothing), smoothed(density_b, smoothing)
    limit = drawings.difference_limit(a, b) / gain
    return drawings.difference(a, b, limit), limit

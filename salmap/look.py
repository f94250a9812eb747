"""The views of a prediction and the few choices that change how they look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from salmap import render
from salmap.analysis import smoothed
from salmap.errors import RenderError
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
        colormap: a name from `salmap.render.COLORMAPS`; the default changes evenly from low to high
            and suits colour-blind people.
        smoothing: of all views, as a share of the long side, in [0, 0.1].
        threshold: what draws least attention is left out of the overlay up to this share of all
            looks, in [0, 1).
    """

    opacity: float = 0.7
    colormap: str = "inferno"
    smoothing: float = 0.0
    threshold: float = 0.2

    def __post_init__(self) -> None:
        if self.colormap not in render.COLORMAPS:
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
        return render.heatmap(density, look.colormap)
    if view is View.CONTOURS:
        return render.contours(image, density)
    if view is View.FOCUS:
        return render.focus(image, density)
    return render.overlay(image, density, look.opacity, look.colormap, look.threshold)

"""What can be drawn of a prediction, and the few choices that change the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from salmap.render.blend import check_range
from salmap.render.colormaps import colormap_table


class View(StrEnum):
    """What can be drawn of a prediction."""

    OVERLAY = "Overlay"
    HEATMAP = "Heatmap"
    CONTOURS = "Contours"
    FOCUS = "Focus"
    ORIGINAL = "Original"


@dataclass(frozen=True)
class Style:
    """How predictions are drawn; nothing in it changes a number.

    These defaults hold everywhere: in the app, on the command line and in the functions of
    `salmap.render`.

    Attributes:
        opacity: of the heatmap in the overlay, in [0, 1].
        colormap: a name from `salmap.render.COLORMAPS`; the default changes evenly from low to
            high and suits color-blind people.
        smoothing: of all views, as a share of the long side, in [0, 0.1].
        threshold: the overlay leaves out the weakest areas up to this share of attention, in
            [0, 1].

    Raises:
        RenderError: if a choice does not exist or is out of range.
    """

    opacity: float = 0.5
    colormap: str = "inferno"
    smoothing: float = 0.0
    threshold: float = 0.2

    def __post_init__(self) -> None:
        colormap_table(self.colormap)
        check_range("opacity", self.opacity)
        check_range("smoothing", self.smoothing, 0.1)
        check_range("threshold", self.threshold)

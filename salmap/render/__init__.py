"""Densities in pixels: heatmap, overlay, contours, focus, regions, differences."""

from salmap.render.colormaps import COLORMAPS, colormap_table
from salmap.render.draw import (
    contours,
    difference,
    difference_limit,
    draw_regions,
    encode_jpeg,
    encode_png,
    focus,
    heatmap,
    overlay,
)
from salmap.render.scale import SCALES, display_scale

__all__ = [
    "COLORMAPS",
    "SCALES",
    "colormap_table",
    "contours",
    "difference",
    "difference_limit",
    "display_scale",
    "draw_regions",
    "encode_jpeg",
    "encode_png",
    "focus",
    "heatmap",
    "overlay",
]

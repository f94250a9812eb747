"""Densities in pixels: heatmap, overlay, contours, focus, regions, differences."""

from salmap.render.colormaps import COLORMAPS, colormap_table
from salmap.render.differences import difference, difference_limit
from salmap.render.encode import encode_jpeg, encode_png
from salmap.render.folds import mark_folds
from salmap.render.heat import focus, heatmap, layer_colors, overlay
from salmap.render.marks import contours, draw_areas, draw_regions
from salmap.render.scale import SCALES, display_scale
from salmap.render.scanpaths import draw_scanpaths
from salmap.render.style import Style, View
from salmap.render.views import difference_view, draw

__all__ = [
    "COLORMAPS",
    "SCALES",
    "Style",
    "View",
    "colormap_table",
    "contours",
    "difference",
    "difference_limit",
    "difference_view",
    "display_scale",
    "draw",
    "draw_areas",
    "draw_regions",
    "draw_scanpaths",
    "encode_jpeg",
    "encode_png",
    "focus",
    "heatmap",
    "layer_colors",
    "mark_folds",
    "overlay",
]

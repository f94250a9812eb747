"""What the colors or lines of a view mean."""

from __future__ import annotations

import html
from dataclasses import dataclass

import streamlit as st

from salmap.render import Style, View
from salmap.render.colormaps import colormap_table
from salmap.render.web import gradient


@dataclass(frozen=True)
class Legend:
    """What the colors or lines of a view mean.

    Attributes:
        meaning: in a sentence.
        colors: a CSS gradient from low to high; "" for a view without a scale.
        low, high: what its ends stand for.
    """

    meaning: str
    colors: str = ""
    low: str = ""
    high: str = ""


def legend_of(view: View, style: Style) -> Legend | None:
    """The legend of a view; None for the picture itself."""
    if view is View.ORIGINAL:
        return None
    if view is View.CONTOURS:
        return Legend("Half of all attention falls inside the lines marked 50 %.")
    if view is View.FOCUS:
        return Legend("The part that stays clear gets half of all attention.")
    return Legend(
        "Colors from the right half of this scale mark where people spend half their attention.",
        gradient(colormap_table(style.colormap)),
        "viewed least",
        "viewed most",
    )


def show_legend(legend: Legend) -> None:
    """A legend that stands by itself."""
    scale = (
        '<div style="display:flex;gap:8px;align-items:center;max-width:34rem">'
        f"<span>{html.escape(legend.low)}</span>"
        f'<span style="flex:1;height:10px;border-radius:5px;background:{legend.colors}"></span>'
        f"<span>{html.escape(legend.high)}</span></div>"
        if legend.colors
        else ""
    )
    st.html(
        f'<div style="font-size:12.5px;line-height:1.5">{scale}{html.escape(legend.meaning)}</div>'
    )

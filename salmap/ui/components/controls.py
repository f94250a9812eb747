"""The sidebar: which model, how its prediction is drawn, how many areas are marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from salmap import weights
from salmap.analysis.agreement import is_baseline
from salmap.analysis.summary import MAX_REGIONS
from salmap.render import Style
from salmap.render.colormaps import COLORMAPS
from salmap.ui import access, links, words
from salmap.weights.registry import DEFAULT_MODEL, ModelEntry, Source

MODEL_KEY = "model"
_ABOUT_OWN = "Trained on this server."


@dataclass(frozen=True)
class Settings:
    """What the sidebar says.

    Attributes:
        model: a name from `list_models`.
        style: how views are drawn.
        k: number of areas.
        numbered: whether they are marked on the picture and listed.
    """

    model: str
    style: Style
    k: int
    numbered: bool


def settings() -> Settings:
    """Draw the sidebar's controls and say how they stand."""
    with st.sidebar:
        model = model_picker()
        style = style_controls()
        k = st.slider("Number of areas", 1, MAX_REGIONS, 5, key="k", persist_state="session")
        numbered = st.toggle("Show areas", True, key="numbered", persist_state="session")
    return Settings(model, style, k, numbered)


def visible_models(usual: Sequence[str] = (DEFAULT_MODEL,)) -> list[ModelEntry]:
    """The models that this visitor may see: networks first, the usual ones before all others."""
    others = access.models_of_others()
    entries = [entry for entry in weights.all_models() if entry.name not in others]
    order = {name: place for place, name in enumerate(usual)}
    return sorted(entries, key=lambda e: (is_baseline(e), order.get(e.name, len(order)), e.name))


def model_label(entries: Iterable[ModelEntry], name: str) -> str:
    """A model's name, with a word before it where it is a baseline."""
    baselines = {entry.name for entry in entries if is_baseline(entry)}
    return f"Baseline: {name}" if name in baselines else name


def model_picker(key: str = MODEL_KEY, usual: Sequence[str] = (DEFAULT_MODEL,)) -> str:
    """Choose one of the models that can be loaded now.

    Args:
        key: of the widget, which keeps the choice.
        usual: the models that come first, the one that is chosen at first before all others.
    """
    entries = visible_models(usual)
    names = [entry.name for entry in entries]
    links.adopt(key, "model", names)
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    model = st.selectbox(
        "Model", names, key=key, persist_state="session",
        format_func=lambda name: model_label(entries, name),
    )  # fmt: skip
    entry = next(entry for entry in entries if entry.name == model)
    about = _ABOUT_OWN if entry.source is Source.FOLDER else entry.description
    st.caption(f"{words.plain(about)} License: {words.plain(entry.license)}.")
    return str(model)


def colormap_picker() -> str:
    """Choose the colors of heatmaps."""
    return st.selectbox(
        "Colors", COLORMAPS, COLORMAPS.index(Style.colormap), key="colormap",
        format_func=str.capitalize, persist_state="session",
        help="The first five change evenly from low to high and suit color-blind people.",
    )  # fmt: skip


def style_controls() -> Style:
    """Opacity, colors, smoothing and threshold; none of them changes a number."""
    standard = Style()
    opacity = st.slider(
        "Opacity", 0, 100, round(standard.opacity * 100), 5, format="%d %%", key="opacity",
        persist_state="session", help="How strongly the overlay covers the picture.",
    )  # fmt: skip
    colormap = colormap_picker()
    threshold = st.slider(
        "Hide weak areas", 0, 95, round(standard.threshold * 100), 5, format="%d %%",
        key="threshold", persist_state="session",
        help="Leaves the least viewed parts of the picture without color: at 50 %, color remains "
        "only where people spend half of their attention.",
    )  # fmt: skip
    smoothing = st.slider(
        "Smoothing", 0, 10, round(standard.smoothing * 100), format="%d %%", key="smoothing",
        persist_state="session",
        help="Blurs what is drawn, in percent of the picture's long side. "
        "The numbers stay as they are.",
    )  # fmt: skip
    return Style(opacity / 100, colormap, smoothing / 100, threshold / 100)

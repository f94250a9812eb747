"""The sidebar: which model, how its prediction looks, how many regions."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from salmap import weights
from salmap.analysis.summary import MAX_REGIONS
from salmap.render import COLORMAPS, Style
from salmap.weights.registry import DEFAULT_MODEL

MODEL_KEY = "model"


@dataclass(frozen=True)
class Settings:
    """What the sidebar says.

    Attributes:
        model: a name from `list_models`.
        look: how views look.
        k: number of regions.
        numbered: whether they are marked on the picture and listed.
    """

    model: str
    look: Style
    k: int
    numbered: bool


def settings() -> Settings:
    """Draw the sidebar's controls and say how they stand."""
    with st.sidebar:
        model = model_picker()
        look = look_controls()
        k = st.slider(
            "Regions", 1, MAX_REGIONS, 5, key="k", persist_state="session",
            help="How many of the most looked-at regions to number and list at most.",
        )  # fmt: skip
        numbered = st.toggle(
            "Number them on the picture", True, key="numbered", persist_state="session"
        )
    return Settings(model, look, k, numbered)


def model_picker() -> str:
    """Choose one of the models that can be loaded now."""
    names = weights.list_models()
    if st.session_state.get(MODEL_KEY) not in names:
        st.session_state[MODEL_KEY] = DEFAULT_MODEL if DEFAULT_MODEL in names else names[-1]
    model = st.selectbox("Model", names, key=MODEL_KEY, persist_state="session")
    entry = next(entry for entry in weights.all_models() if entry.name == model)
    st.caption(f"{entry.description} License: {entry.license}.")
    return model


def look_controls() -> Style:
    """Opacity, colors, smoothing and threshold; none of them changes a number."""
    standard = Style()
    opacity = st.slider(
        "Opacity", 0, 100, round(standard.opacity * 100), 5, format="%d %%", key="opacity",
        persist_state="session", help="How strongly the overlay covers the picture.",
    )  # fmt: skip
    colormap = st.selectbox(
        "Colors", COLORMAPS, COLORMAPS.index(standard.colormap), key="colormap",
        format_func=str.capitalize, persist_state="session",
        help="The first five change evenly from low to high and suit color-blind people.",
    )  # fmt: skip
    threshold = st.slider(
        "Hide the least looked at", 0, 95, round(standard.threshold * 100), 5, format="%d %%",
        key="threshold", persist_state="session",
        help="Leaves out of the overlay what draws this share of all looks in sum: "
        "at 50 %, colors remain where half of all looks fall.",
    )  # fmt: skip
    smoothing = st.slider(
        "Smoothing", 0, 10, round(standard.smoothing * 100), format="%d %%", key="smoothing",
        persist_state="session",
        help="Blurs what is drawn, in per cent of the picture's long side. "
        "Shares and regions stay as they are.",
    )  # fmt: skip
    return Style(opacity / 100, colormap, smoothing / 100, threshold / 100)

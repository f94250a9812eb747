"""Two models on one picture: a slider that swipes between them, and their difference."""

from __future__ import annotations

import html

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from salmap.render import Style, View
from salmap.render.colormaps import diverging_table
from salmap.render.web import gradient
from salmap.ui import cache, compare_cache
from salmap.ui.components.viewer import viewer
from salmap.ui.state import Picture

_LEFT, _RIGHT = "compared_left", "compared_right"
_GAINS = (1, 3, 10)


def two_at_a_time(picture: Picture, models: list[str], style: Style) -> None:
    """Choose two models, swipe between them, and see where one expects more attention."""
    first, second = st.columns(2, gap="medium")
    left = pick(first, "Left", _LEFT, models)
    right = pick(second, "Right", _RIGHT, [model for model in models if model != left])
    height, width = compare_cache.small_image(picture).shape[:2]
    first, second = st.columns(2, gap="medium")
    with first:
        drawn = [
            (model, compare_cache.tile(picture, cache.model_version(model), View.OVERLAY, style))
            for model in (left, right)
        ]
        alt = f"{picture.name}: heatmaps of the attention that {left} and {right} expect"
        viewer("compared_swipe", (height, width), drawn[0], drawn[1], alt)
    with second:
        place = st.container()
        gain = st.segmented_control(
            "Amplify", _GAINS, default=1, required=True, key="compared_gain",
            format_func="{} ×".format, persist_state="session",
            help="Brings out small differences; the scale above says what the colors stand for.",
        )  # fmt: skip
        original = (str(View.ORIGINAL), cache.original(picture))
        versions = cache.model_version(left), cache.model_version(right)
        signed, limit = compare_cache.difference(picture, *versions, style.smoothing, gain)
        alt = f"{picture.name}: where {left} and {right} differ"
        with place:
            viewer("compared_difference", (height, width), original, ("Difference", signed), alt)
            st.html(difference_scale(f"{right} expects more", f"{left} expects more", limit))


def pick(place: DeltaGenerator, label: str, key: str, names: list[str]) -> str:
    """Choose one of several names."""
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[0]
    return str(place.selectbox(label, names, key=key, persist_state="session"))


def difference_scale(low: str, high: str, limit: float) -> str:
    """What the colors of a difference stand for, as HTML: `low` and `high` name its ends."""
    return (
        '<div style="font-size:12.5px;line-height:1.5">'
        f'<div style="height:8px;border-radius:4px;'
        f'background:{gradient(diverging_table())}">'
        '</div><div style="display:flex;justify-content:space-between;gap:1rem">'
        f"<span>{html.escape(low)}</span><span>same</span>"
        f"<span style='text-align:right'>{html.escape(high)}</span></div>"
        f"Full color: a difference of at least {limit:.2g} times the average attention.</div>"
    )

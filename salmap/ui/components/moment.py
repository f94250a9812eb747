"""A slider over the first seconds of viewing, where it is known when people look where."""

from __future__ import annotations

import streamlit as st

from salmap.timing import EDGES_S
from salmap.ui import cache
from salmap.ui.cache import ModelVersion
from salmap.ui.state import Picture

_ENDS = EDGES_S[1:]


def moment(picture: Picture, model: ModelVersion) -> float | None:
    """Until how many seconds after the picture appears a visitor wants to see the attention.

    None for all of it, and where there is no choice: for models that know nothing of time, for
    pictures that were analyzed screen by screen, and for those unlike the photographs on which
    time was measured.
    """
    found = cache.grid_prediction(picture, model).prediction
    if found.timing is None or found.is_unfamiliar:
        return None
    chosen = st.select_slider(
        "First seconds of viewing", _ENDS, _ENDS[-1], format_func="{:g} s".format, key="until",
        persist_state="session", width=320,
        help="What people view in the first half second, the first second, and so on, when they "
        "see the picture for the first time. What is below the picture is for three seconds.",
    )  # fmt: skip
    return None if chosen == _ENDS[-1] else float(chosen)

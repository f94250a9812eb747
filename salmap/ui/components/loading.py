"""Loading a model, with its download in view."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from salmap.ui import cache, words
from salmap.ui.cache import ModelVersion

_POLL_S = 0.1


def load_model(model: ModelVersion) -> None:
    """Have a model ready in the cache; while it is fetched from the Hub, show how far that is.

    Where bundled weights stand in for others, a warning says why.

    Raises:
        ModelError, WeightsError: if it is not available.
    """
    state = {"done": 0, "total": 0}

    def report(
        done: int, total: int | None
    ) -> None:  # called from other threads, so it draws nothing
        state.update(done=done, total=total or 0)

    context = get_script_run_ctx()
    pool = ThreadPoolExecutor(1, initializer=lambda: add_script_run_ctx(ctx=context))
    try:
        future = pool.submit(cache.predictor, model, report)
        place = st.empty()
        while not wait([future], _POLL_S).done:
            place.progress(*_position(model.name, **state))
        place.empty()
        future.result()
    finally:
        pool.shutdown(wait=False)  # a visitor who goes on does not wait for a download
    if why := cache.predictor(model).fallback_reason:
        st.warning(words.message(why))


def _position(model: str, done: int, total: int) -> tuple[float, str]:
    """How far a download is, in [0, 1], and in words."""
    name = words.plain(model)
    if not total:
        return 0.0, f"Loading the model {name}"
    megabytes = f"{done / 1e6:.0f} of {total / 1e6:.0f} MB"
    return min(1.0, done / total), f"Fetching the model {name}, {megabytes}"

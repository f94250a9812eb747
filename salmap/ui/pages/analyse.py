"""The page for one picture: where people look, how sure that is, and everything to take home."""

from __future__ import annotations

import logging

import streamlit as st

from salmap import weights
from salmap.errors import ImageError, SalmapError
from salmap.render import View
from salmap.ui import cache, state, words
from salmap.ui.components.controls import MODEL_KEY, Settings, settings
from salmap.ui.components.downloads import batch_downloads, downloads
from salmap.ui.components.loading import load_model
from salmap.ui.components.source import picture_source
from salmap.ui.components.trust import trust_panel
from salmap.ui.components.viewer import viewer
from salmap.ui.state import Picture
from salmap.weights.registry import Source

logger = logging.getLogger(__name__)

_SWIPE = "Swipe"
_VIEWS = (_SWIPE, *View)


def page() -> None:
    """Draw the page."""
    chosen = settings()
    st.title("Where will people look?", anchor=False)
    picture_source()
    picture = state.current()
    try:
        _result(picture, chosen)
    except ImageError as error:
        st.error(words.plain(str(error)))
    except SalmapError as error:
        _model_failed(chosen.model, error)
    except MemoryError:
        logger.exception("Out of memory")
        st.error(
            f"{words.plain(picture.name)} is too large for this server now. Use a smaller copy."
        )


def _result(picture: Picture, chosen: Settings) -> None:
    load_model(chosen.model)
    with st.spinner("Looking at the picture…"):
        analysis = cache.analysis(picture, chosen.model)
    st.markdown(words.summary(analysis, chosen.k))
    view = st.pills(
        "View", _VIEWS, default=_SWIPE, required=True, key="view", label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    regions = analysis.regions[: chosen.k] if chosen.numbered else None
    alt = f"{picture.name}: {view}, expected looks"
    if view == _SWIPE:
        left = str(View.ORIGINAL), cache.original(picture)
        right = (
            str(View.OVERLAY),
            cache.drawing(picture, chosen.model, View.OVERLAY, chosen.look),
        )
        viewer("viewer", analysis.size, left, right, alt, regions)
    else:
        drawn = cache.drawing(picture, chosen.model, View(view), chosen.look)
        viewer("viewer", analysis.size, (view, drawn), None, alt, regions)
    trust_panel(picture, chosen.model)
    downloads(picture, chosen)
    if len(state.pictures()) > 1:
        batch_downloads(state.pictures(), chosen)


def _model_failed(model: str, error: SalmapError) -> None:
    """Say what is wrong, and offer models that need nothing from elsewhere."""
    st.error(f"The model **{model}** can't be used now. {words.plain(str(error))}")
    st.write("These work here:")
    at_hand = (Source.BUILT_IN, Source.BUNDLED)
    names = [e.name for e in weights.all_models() if e.source in at_hand and e.name != model]
    with st.container(horizontal=True):
        for name in names:
            st.button(f"Use {name}", key=f"use_{name}", on_click=_use, args=(name,))


def _use(model: str) -> None:
    st.session_state[MODEL_KEY] = model

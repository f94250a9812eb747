"""The page for one picture: where people look, files to take home, and how sure it all is."""

from __future__ import annotations

import logging
from collections.abc import Callable

import streamlit as st

from salmap import weights
from salmap.analysis import wording
from salmap.analysis.clarity import rank_among_validation_pictures
from salmap.analysis.summary import Analysis
from salmap.content import NOTE
from salmap.errors import ImageError, SalmapError
from salmap.outputs.names import safe_stem
from salmap.outputs.report.report import Cover, Report
from salmap.render import View
from salmap.ui import cache, drawn, links, measures, state, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components.areas import areas_panel
from salmap.ui.components.controls import MODEL_KEY, Settings, settings
from salmap.ui.components.crops import crops_panel
from salmap.ui.components.downloads import batch_downloads, downloads
from salmap.ui.components.legend import legend_of
from salmap.ui.components.loading import load_model
from salmap.ui.components.moment import moment
from salmap.ui.components.report import report_buttons
from salmap.ui.components.scanpaths import SCANPATHS, scanpaths_view
from salmap.ui.components.source import picture_source
from salmap.ui.components.trust import trust_panel
from salmap.ui.components.viewer import viewer
from salmap.ui.components.viewing import viewing_controls
from salmap.ui.state import Picture
from salmap.weights.registry import Source

logger = logging.getLogger(__name__)

_SWIPE = "Swipe"
_VIEWS = (_SWIPE, *View, SCANPATHS)
_VIEW_KEY, _SHOWN = "view", "shown_result"
_ALT = {
    _SWIPE: "the picture beside a heatmap of the attention it is expected to get",
    View.OVERLAY: "with a heatmap of the attention it is expected to get",
    View.HEATMAP: "heatmap of the attention it is expected to get",
    View.CONTOURS: "with lines around the areas expected to be viewed most",
    View.FOCUS: "with the areas expected to be viewed least darkened",
    View.ORIGINAL: "the picture as it is",
    SCANPATHS: "with orders in which people may fixate it",
}


def page() -> None:
    """Draw the page."""
    chosen = settings()
    st.title("Where will people look?", anchor=False)
    picture_source()
    picture = state.current()
    try:
        _result(picture, chosen)
    except ImageError as error:
        st.error(words.message(error))
    except SalmapError as error:
        _model_failed(chosen.model, error)
    except MemoryError:
        logger.exception("Out of memory")
        st.error(words.out_of_memory(picture.name))


def _result(picture: Picture, chosen: Settings) -> None:
    model = cache.model_version(chosen.model)
    shown = (picture.key, model)
    if st.session_state.get(_SHOWN) == shown:
        place = st.container()  # what is on screen stays until its successor comes: nothing jumps
    else:
        # what belongs to another picture, its downloads too, goes before anything slow begins
        empty = st.empty()
        empty.container().markdown("")
        place = empty.container()
    with place:
        viewing_controls(picture)
        analysis = _analyze(picture, model)
        for note in analysis.notes:
            (st.caption if note == NOTE else st.warning)(words.plain(note))
        summary = st.container()
        summary.markdown(_views(picture, model, chosen))
        st.caption(words.plain(_clarity(picture, model)))
        source = cache.drawing(picture, model, View.OVERLAY, chosen.style)
        areas_panel(picture, model, source, analysis.regions[: chosen.k])
        crops_panel(picture, model)
        downloads(picture, chosen)
        report_buttons("report", safe_stem(picture.name), _report(picture, model, chosen))
        st.session_state[_SHOWN] = shown
        if len(state.tray()) > 1:
            batch_downloads(state.tray(), chosen)
        trust_panel(picture, model)


def _analyze(picture: Picture, model: ModelVersion) -> Analysis:
    load_model(model)
    with st.spinner(f"Analyzing {words.plain(picture.name)}…"):
        return cache.analysis(picture, model)


def _views(picture: Picture, model: ModelVersion, chosen: Settings) -> str:
    """Views of all the time or its first seconds, and what they come to in a sentence or two."""
    view = st.pills(
        "View", _VIEWS, default=links.initial(_VIEW_KEY, "view", _VIEWS), required=True,
        key=_VIEW_KEY,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    links.keep(model=model.name, view=str(view))
    until_s = moment(picture, model)
    analysis = cache.analysis(picture, model, until_s)
    summary = words.summary(analysis, chosen.k)
    if until_s is not None:
        summary = f"**In the first {until_s:g}\u00a0s:** {summary}"
    right, numbered = None, chosen.numbered
    if view == _SWIPE:
        left = str(View.ORIGINAL), cache.original(picture)
        overlay = cache.drawing(picture, model, View.OVERLAY, chosen.style, until_s)
        right = str(View.OVERLAY), overlay
        legend = legend_of(View.OVERLAY, chosen.style)
    elif view == SCANPATHS:
        shown, legend = scanpaths_view(picture, model, until_s)
        left = SCANPATHS if legend else str(View.ORIGINAL), shown
        numbered = False  # numbers mean fixations here
    else:
        left = str(view), cache.drawing(picture, model, View(view), chosen.style, until_s)
        legend = legend_of(View(view), chosen.style)
    viewer(
        "viewer",
        analysis.size,
        left,
        right,
        f"{picture.name}: {_ALT[view]}",
        analysis.regions[: chosen.k] if numbered else None,
        legend,
        f"{picture.name}, {model.name}. {summary.replace('**', '')}",
    )
    return summary


def _clarity(picture: Picture, model: ModelVersion) -> str:
    found = measures.clarity_of(picture, model)
    screens = cache.grid_prediction(picture, model).prediction.screens
    ranks = rank_among_validation_pictures(found, model.name, screens)
    return wording.clarity(found, ranks)


def _report(picture: Picture, model: ModelVersion, chosen: Settings) -> Callable[[Cover], Report]:
    """How to make the report on one picture."""
    areas = drawn.areas_of(picture)

    def make(cover: Cover) -> Report:
        sheet = measures.sheet(picture, picture.name, model, chosen.style, chosen.k, areas)
        return Report(cover, model.name, chosen.style, [sheet])

    return make


def _model_failed(model: str, error: SalmapError) -> None:
    """Say what is wrong, and offer models that need nothing from elsewhere."""
    st.error(f"The model **{words.plain(model)}** can't be used now. {words.message(error)}")
    st.write("These work here:")
    at_hand = (Source.BUILT_IN, Source.BUNDLED)
    names = [e.name for e in weights.all_models() if e.source in at_hand and e.name != model]
    with st.container(horizontal=True):
        for name in names:
            st.button(f"Use {name}", key=f"use_{name}", on_click=_use, args=(name,))


def _use(model: str) -> None:
    st.session_state[MODEL_KEY] = model

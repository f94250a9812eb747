"""The page for a camera: a heatmap that follows what it sees."""

from __future__ import annotations

from typing import Any

import streamlit as st

from salmap.errors import SalmapError
from salmap.render import Style, View, layer_colors
from salmap.ui import cache, live, state, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components import camera as parts
from salmap.ui.components import source
from salmap.ui.components.controls import colormap_picker, model_picker
from salmap.ui.components.legend import legend_of, show_legend
from salmap.ui.components.loading import load_model
from salmap.ui.pages import analyse
from salmap.weights.registry import DEFAULT_MODEL

#: the models that are quick enough, the quickest first
USUAL = ("tiny", DEFAULT_MODEL)
#: how long a picture may wait for its turn, in seconds, before a newer one is asked for
PATIENCE_S = 2.0
_MODEL, _CAMERA, _ANSWER, _KEPT = "live_model", "live_camera", "live_answer", "live_kept"
_PRIVACY = (
    "The camera's pictures go to the server that runs this app and nowhere else, and it keeps none "
    "but those that you ask it to."
)


def page() -> None:
    """Draw the page."""
    with st.sidebar:
        model = cache.model_version(model_picker(_MODEL, USUAL))
        colormap = colormap_picker()
    st.title("Where would people look right now?", anchor=False)
    st.caption(_PRIVACY)
    try:
        load_model(model)
    except SalmapError as error:
        st.error(f"The model **{words.plain(model.name)}** can't be used. {words.message(error)}")
        return
    with st.container(key="live"):
        _camera(model, colormap)
    if legend := legend_of(View.OVERLAY, Style(colormap=colormap)):
        show_legend(legend)


@st.fragment
def _camera(model: ModelVersion, colormap: str) -> None:
    """The part of the page that is drawn anew for each picture."""
    parts.camera(
        _CAMERA,
        cache.predictor(model).backend.size,
        layer_colors(colormap),
        st.session_state.get(_ANSWER),
        on_frame=lambda: _answer(model),
        on_keep=_keep,
    )
    with st.container():
        source.check_incoming(st.empty())
        source.show_problems()
    if kept := [p for p in state.tray() if p.digest in st.session_state.get(_KEPT, ())]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{words.count(len(kept), 'picture')} kept.", width="content")
            st.page_link(st.Page(analyse.page, url_path="analyse"), label="Open in Analyse")


def _answer(model: ModelVersion) -> None:
    """Answer a picture here rather than while the page is drawn, which a click may end."""
    message = _sent("frame")
    if message is None:
        return
    number = message.get("id", 0)
    try:
        network, jpeg = cache.predictor(model), live.jpeg_from(message)
        with cache.camera_turn(PATIENCE_S) as came:
            found = live.heat(jpeg, network) if came else None
        answer = parts.heat_answer(number, found) if found else parts.late_answer(number)
    except SalmapError as error:
        answer = parts.problem_answer(number, str(error))
    st.session_state[_ANSWER] = answer


def _keep() -> None:
    """Put a picture into the tray, as if it had been uploaded; one that is damaged is named."""
    message = _sent("keep")
    if message is None:
        return
    before: tuple[str, ...] = st.session_state.get(_KEPT, ())
    name = f"camera {len(before) + 1}.jpg"
    picture = state.picture_from(name, live.jpeg_from(message))
    st.session_state[_KEPT] = (*before, picture.digest)
    source.take([picture])


def _sent(what: str) -> dict[str, Any] | None:
    """What the camera sent; None if it comes after the visitor has left the page."""
    camera = st.session_state.get(_CAMERA)
    return None if camera is None else getattr(camera, what)

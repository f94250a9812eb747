"""How a picture is put before a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from salmap.content import CONTENTS
from salmap.pictures import image_size
from salmap.pictures.viewing import USUAL
from salmap.screens import MOST, screens_of
from salmap.ui import cache, state
from salmap.ui.state import Picture

_CONTENT_WORDS = {"auto": "Automatic", "photo": "Photo", "page": "Page or design"}


def viewing_controls(picture: Picture) -> None:
    """What a picture shows; the background of a transparent one; the screen of a long one.

    Raises:
        ImageError: if the picture can't be read.
    """
    height, width = image_size(picture.data)
    usual, transparent = screens_of((height, width)), cache.is_transparent(picture)
    with st.sidebar:
        _content(picture)
    if not (usual or transparent):
        return
    with st.container(horizontal=True):
        if transparent:
            _background(picture)
        if usual:
            _screen(picture, max(height, width), usual.length_px, usual.are_stacked)


def _content(picture: Picture) -> None:
    key = f"content_{picture.digest}"
    st.selectbox(
        "Analyze as", CONTENTS, CONTENTS.index(picture.viewing.content),
        lambda content: _CONTENT_WORDS[content],
        key=key,
        on_change=lambda: _change(picture, content=st.session_state[key]),
        help="Pages and designs are analyzed at a larger size, and with more caution, since "
        "models learned from photos.",
    )  # fmt: skip


def _background(picture: Picture) -> None:
    key, now = f"background_{picture.digest}", picture.viewing.background
    st.color_picker(
        "Background", "#ffffff" if now == USUAL.background else now, key=key, width=140,
        on_change=lambda: _change(picture, background=st.session_state[key]),
        help="What lies behind the transparent parts of this picture.",
    )  # fmt: skip


def _screen(picture: Picture, long: int, usual: int, stacked: bool) -> None:
    key = f"screen_{picture.digest}"
    st.number_input(
        f"Screen {'height' if stacked else 'width'}, in pixels of the picture",
        -(-long // MOST), long, picture.viewing.screen_px or usual, 10, key=key, width=300,
        on_change=lambda: _change(picture, screen_px=st.session_state[key]),
        help="How much of this picture people see at once. Dashed lines mark where a screen ends.",
    )  # fmt: skip


def _change(picture: Picture, **changes: Any) -> None:
    state.view(picture, replace(picture.viewing, **changes))

"""Rows of small pictures: the examples, and the tray that keeps a visitor's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from salmap.ui import cache, state
from salmap.ui.components.browser import component
from salmap.ui.state import Picture

_GALLERY, _TRAY = "gallery", "tray_strip"


def gallery(on_pick: Callable[[str], None]) -> None:
    """The example pictures.

    Args:
        on_pick: told the digest of the one that is picked.
    """
    _strip(
        _GALLERY, "Examples", state.example_pictures(),
        lambda: on_pick(st.session_state[_GALLERY].pick),
    )  # fmt: skip


def tray(on_change: Callable[[], None]) -> None:
    """The visitor's pictures: one can be shown, one removed, or all.

    Args:
        on_change: called when the visitor has changed what is shown or kept.
    """
    pictures = state.tray()
    if not pictures:
        return

    def pick() -> None:
        on_change()
        state.choose(st.session_state[_TRAY].pick)

    def remove() -> None:
        on_change()
        state.remove(st.session_state[_TRAY].remove)

    def clear() -> None:
        on_change()
        state.clear()

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch"):
            _strip(_TRAY, "Your pictures", pictures, pick, remove)
        if len(pictures) > 1:
            st.button("Remove all", key="clear_tray", on_click=clear)


def _strip(
    key: str,
    label: str,
    pictures: Iterable[Picture],
    on_pick: Callable[[], None],
    on_remove: Callable[[], None] | None = None,
) -> None:
    """A row of small pictures with their names, of which one is shown."""
    items = [
        {"id": picture.digest, "name": picture.name, "src": cache.thumbnail(picture)}
        for picture in pictures
    ]
    component("strip")(
        key=key,
        data={
            "label": label,
            "chosen": state.current().digest,
            "items": items,
            "removable": on_remove is not None,
        },
        on_pick_change=on_pick,
        on_remove_change=on_remove or (lambda: None),
    )

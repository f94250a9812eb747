"""What all pages share: focus rings, contrast, motion, and a sidebar that makes room."""

from __future__ import annotations

from importlib.resources import files

from salmap.ui.components.browser import component

#: width of the window, in pixels, below which Streamlit lays the sidebar over the page
_NARROW = 768


def shell() -> None:
    """Apply it."""
    style = files(__package__).joinpath("page.css").read_text("utf-8")
    component("shell")(key="shell", data={"narrow": _NARROW, "style": style})

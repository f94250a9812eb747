"""Parts that run in the browser: `<name>.html`, `<name>.css` and `<name>.js` beside this file."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


@lru_cache
def component(name: str) -> ComponentRenderer:
    """The component called `name`, read and registered on first use."""
    folder = files(__package__)

    def text(suffix: str) -> str:
        return folder.joinpath(f"{name}{suffix}").read_text("utf-8")

    return st.components.v2.component(
        f"salmap_{name}", html=text(".html"), css=text(".css"), js=text(".js")
    )

"""Parts that run in the browser: `<name>.html`, `<name>.css` and `<name>.js` beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import streamlit as st


@lru_cache
def component(name: str) -> Callable[..., Any]:
    """The component called `name`, read and registered on first use.

    Its `data` reach the browser as the only item of a list: in a list Streamlit looks for no
    tables, for which it would import pandas.
    """
    folder = files(__package__)

    def text(suffix: str) -> str:
        return folder.joinpath(f"{name}{suffix}").read_text("utf-8")

    render = st.components.v2.component(
        f"salmap_{name}", html=text(".html"), css=text(".css"), js=text(".js")
    )

    def draw(data: Mapping[str, Any], **others: Any) -> Any:
        return render(data=[data], **others)

    return draw

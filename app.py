"""The app: `streamlit run app.py`."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from salmap.ui.access import identify
from salmap.ui.components.shell import shell
from salmap.ui.ending import end_with_its_threads
from salmap.ui.memory import share_pools

ASSETS = Path(__file__).parent / "assets"


def opened(name: str) -> Callable[[], None]:
    """A page that is imported when it is opened: the first one doesn't wait for the others."""
    return lambda: import_module(f"salmap.ui.pages.{name}").page()


end_with_its_threads()
share_pools()
st.set_page_config(
    page_title="Salmap: where will people look?", page_icon=ASSETS / "logo.svg", layout="wide"
)
st.logo(ASSETS / "wordmark.svg", size="large", icon_image=ASSETS / "logo.svg")
first = st.Page(opened("analyse"), title="Analyse", url_path="analyse")


def home() -> None:
    """The bare address leads to the first page, whose own address is a link to be kept."""
    st.switch_page(first, query_params=st.query_params.to_dict())


page = st.navigation(
    [
        st.Page(home, title="Salmap", url_path="home", default=True, visibility="hidden"),
        first,
        st.Page(opened("compare"), title="Compare", url_path="compare"),
        st.Page(opened("versions"), title="Versions", url_path="versions"),
        st.Page(opened("live"), title="Live", url_path="live"),
        st.Page(opened("train"), title="Train", url_path="train"),
        st.Page(opened("about"), title="About", url_path="about"),
    ]
)
shell()
identify()
page.run()

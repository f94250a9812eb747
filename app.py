"""The app: `streamlit run app.py`."""

from pathlib import Path

import streamlit as st

from salmap.ui.pages import analyse, compare, train

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(
    page_title="Salmap: where will people look?", page_icon=ASSETS / "logo.svg", layout="wide"
)
st.logo(ASSETS / "wordmark.svg", size="large", icon_image=ASSETS / "logo.svg")
pages = [
    st.Page(analyse.page, title="Analyse", url_path="analyse", default=True),
    st.Page(compare.page, title="Compare", url_path="compare"),
    st.Page(train.page, title="Train", url_path="train"),
]
st.navigation(pages).run()

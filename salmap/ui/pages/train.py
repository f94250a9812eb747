"""The page for one's own models: train a network, or fit one to one's viewers."""

from __future__ import annotations

import streamlit as st

from salmap.jobs import plans as training
from salmap.jobs import setup
from salmap.ui import access
from salmap.ui.components.dataset import data_picker
from salmap.ui.components.job import follow, past_jobs
from salmap.ui.components.new_job import adapt_form, fit_form
from salmap.ui.components.setup import machine, set_up

_CLOSED = (
    "Training is closed on this server: it keeps a server busy and stores what is uploaded. On a "
    "computer of your own, `make app` gives you this page in full; whoever runs this server can "
    "open it with `SALMAP_TRAINING=1`."
)


def page() -> None:
    """Draw the page."""
    st.title("Train your own model", anchor=False)
    st.markdown(
        "Teach a network with pictures and the gaze of your own viewers. Runs go on when you leave "
        "this page, and the finished model can be chosen on every page."
    )
    owner = access.owner()
    if owner is None and access.may_train():
        st.caption("One moment…")  # until the browser has said which one it is
        return
    allowed = access.may_train()
    if owner is not None:
        follow(allowed)
        past_jobs(allowed)
    problem = training.why_impossible()
    if not allowed:
        st.info(_CLOSED)
    elif problem:
        st.warning(problem)
    elif setup.lacking():
        set_up()
    else:
        _new_job(owner or access.ADMINISTRATOR)
    _administration()


def _new_job(owner: str) -> None:
    found = data_picker(owner)
    st.header("2. What to train", anchor=False)
    if found is None:
        st.caption("Choose pictures first.")
        return
    source, report = found
    machine()
    network, adapt = st.tabs(["Train a network", "Fit a model to my viewers"])
    with network:
        fit_form(source, report, owner)
    with adapt:
        adapt_form(source, report, owner)


def _administration() -> None:
    """Where a token was set, let whoever knows it see everything."""
    if not access.admin_token() or access.is_administrator():
        return
    with st.popover("Administrator"):
        word = st.text_input("Token", type="password", key="admin_token")
        if st.button("Show everything", key="become_admin"):
            if access.become_administrator(word):
                st.rerun()
            st.error("That is not this server's SALMAP_ADMIN_TOKEN.")

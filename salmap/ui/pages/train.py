"""The page for one's own models: train a network, or fit one to one's viewers."""

from __future__ import annotations

import streamlit as st

from salmap.jobs import plans as training
from salmap.ui.access import may_train
from salmap.ui.components.dataset import data_picker
from salmap.ui.components.job import follow, past_jobs
from salmap.ui.components.new_job import adapt_form, fit_form

_READ_ONLY = (
    "Here you can watch runs, but not start any: training keeps a server busy and reads its "
    "folders. On a computer of your own, `make app` gives you this page in full; whoever runs "
    "this server can open it with `SALMAP_TRAINING=1`."
)


def page() -> None:
    """Draw the page."""
    st.title("Make it yours", anchor=False)
    st.markdown(
        "Teach a network with pictures and the gaze of your own viewers. Runs go on when you leave "
        "this page, and the model that comes of one can be chosen on every page."
    )
    allowed = may_train()
    lacking = training.why_impossible()
    follow(allowed)
    if not allowed:
        st.info(_READ_ONLY)
    elif lacking:
        st.warning(lacking)
    else:
        _new_job()
    past_jobs(allowed)


def _new_job() -> None:
    found = data_picker()
    st.subheader("2. What to make of them", anchor=False)
    if found is None:
        st.caption("Choose pictures first.")
        return
    source, report = found
    network, adapt = st.tabs(["Train a network", "Fit a model to my viewers"])
    with network:
        fit_form(source, report)
    with adapt:
        adapt_form(source, report)

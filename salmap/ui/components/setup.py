"""What training needs: set up from the page, and the machine it runs on."""

from __future__ import annotations

import streamlit as st

from salmap.errors import JobError
from salmap.jobs import gpus, setup
from salmap.jobs.runs import Job
from salmap.jobs.setup import Progress
from salmap.ui import access
from salmap.ui.words import plain

_TICK_S, _IDLE_TICK_S = 1.0, 4.0
_NEEDED = (
    "Training needs PyTorch and a few more packages. They go into the app's own environment; on "
    "Linux they take 6 GB, most of it for NVIDIA's GPUs, elsewhere 1 GB. You can use the other "
    "pages meanwhile, and close this one."
)
_CLOSED = (
    "Training needs packages that are not installed here yet. Whoever runs this server can set "
    "them up on this page."
)
_BY_HAND = (
    "Install them with `pip install -r requirements-train.txt` in the environment that runs the "
    "app; this page goes on by itself."
)


def set_up() -> None:
    """Offer to install what is missing, or follow that; draw the page anew when it is there."""
    everything = setup.all_setups()
    shown = everything.running()

    def live() -> None:
        now = everything.running()
        if (now is None) != (shown is None) or not setup.lacking():
            st.rerun()
        if now is not None:
            _running(now)

    st.fragment(live, run_every=_TICK_S if shown else _IDLE_TICK_S)()
    if shown is None:
        _offer()


def machine() -> None:
    """Say on what training runs here."""
    found = "; ".join(gpus.gpus())
    if not found:
        st.caption("Training runs on the processor: no NVIDIA GPU was found.")
    elif gpus.torch_uses_gpus():
        st.caption(f"Training runs on the GPU: {plain(found)}.")
    else:
        st.warning(
            f"There is a GPU, {plain(found)}, but the PyTorch that is installed can't use it: "
            "training runs on the processor. Install PyTorch with CUDA to change that."
        )


def _offer() -> None:
    if not access.may_set_up():
        st.info(_CLOSED)
        return
    failed = setup.last()
    if failed is not None:
        st.error(f"The packages were not set up. {access.message(setup.why_failed(failed))}")
        _log(failed)
    st.markdown(_NEEDED)
    if found := gpus.gpus():
        st.caption(f"This machine has a GPU, which training will use: {plain('; '.join(found))}.")
    problem = setup.why_impossible()
    if problem:
        st.warning(f"{access.message(problem)} {_BY_HAND}")
        return
    label = "Try again" if failed else "Set up training"
    if st.button(label, key="start_setup", type="primary"):
        try:
            setup.start()
        except JobError as error:
            st.error(access.message(error))
            return
        st.rerun()


def _running(job: Job) -> None:
    found = setup.progress(job)
    with st.container(border=True):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.header("Setting up training", anchor=False)
            if access.may_set_up():
                st.button("Cancel", key="cancel_setup", on_click=setup.cancel, args=(job,))
        st.progress(found.share, _status(found))
        if access.may_set_up():
            _log(job)


def _status(found: Progress) -> str:
    if found.installing:
        return "Installing: this takes a few minutes…"
    if not found.package:
        return "Finding out what is needed…"
    done, size = found.fetched_bytes / 1e6, found.size_bytes / 1e6
    return f"Downloading {plain(found.package)}: {done:.0f} of {size:.0f} MB"


def _log(job: Job) -> None:
    with st.expander("Log"):
        st.code(setup.all_setups().output(job) or "Nothing yet.", language=None)

"""Where fixations come from: a file, or made-up viewers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from salmap.fixations import synthetic as synthetic_viewers
from salmap.fixations.preview import headings_of
from salmap.fixations.scoring import SIGMA_SHARE
from salmap.fixations.tables import TABLE_SUFFIXES, is_table
from salmap.ui import compare_cache, given, state, words
from salmap.ui.components.reading import reading_form
from salmap.ui.given import Observation

#: largest file that is taken, in megabytes
MAX_FILE_MB = 20

_TYPES = (
    *(suffix[1:] for suffix in TABLE_SUFFIXES),
    "png", "bmp", "gif", "tif", "tiff", "jpg", "jpeg",
)  # fmt: skip
_UPLOAD, _TOO_LARGE = "fixations_upload", "fixations_too_large"
_MB = 1_000_000
_ABOUT = (
    "A **table** with the columns `x` and `y` in pixels of the picture, counted from its upper "
    "left corner, and, if you like, `subject` and `image` (then one file serves several "
    "pictures); an **export of your eye tracker**; or a **fixation map**: a black picture of the "
    "same size with a white point for each fixation."
)


def fixations_source() -> None:
    """Draw the ways to give fixations; what comes is kept in `salmap.ui.given`."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.file_uploader(
            "Drop where people looked in this picture",
            list(_TYPES),
            key=_UPLOAD,
            max_upload_size=MAX_FILE_MB,
            on_change=_uploaded,
        )
    with right:
        st.caption(_ABOUT)
        with st.container(horizontal=True):
            st.button(
                "Try it with made-up viewers", key="try_fixations", on_click=given.give_example
            )
            st.download_button(
                "Download an example CSV",
                synthetic_viewers.table,
                "synthetic_viewers.csv",
                "text/csv",
                key="example_fixations",
                on_click="ignore",
            )
    if st.session_state.get(_TOO_LARGE):
        st.error(st.session_state[_TOO_LARGE])


def fixations_reading(observation: Observation, guess: Sequence[str]) -> None:
    """Let people say how their table is read, with where fixations fall.

    Args:
        observation: the picture and the file.
        guess: the settings that are likely, where the file was refused.
    """
    file = observation.given
    if file.synthetic or not is_table(file.name):
        return
    with st.expander("How the file is read", expanded=bool(guess)):
        chosen = reading_form(
            f"reading_{file.digest[:12]}",
            headings_of(file.name, file.data),
            guess or file.settings,
            lambda reading: compare_cache.shown(observation, reading),
        )
    if chosen is not None and chosen != file.settings:
        given.settle(chosen)
        st.rerun()


def sigma_picker() -> float:
    """How much the fixations are blurred, as a share of the long side."""
    percent = st.slider(
        "Blur of the fixations", 0.5, 10.0, SIGMA_SHARE * 100, 0.5, format="%.1f %%", key="sigma",
        persist_state="session",
        help="CC, SIM and KLDiv compare a prediction with the fixations blurred by this much, in "
        "percent of the picture's long side. By custom it is one degree of visual angle.",
    )  # fmt: skip
    return float(percent) / 100


def _uploaded() -> None:
    file = st.session_state[_UPLOAD]
    st.session_state[_TOO_LARGE] = ""
    if file is None:
        given.forget()
    elif file.size > MAX_FILE_MB * _MB:
        st.session_state[_TOO_LARGE] = (
            f"{words.plain(file.name)} is larger than {MAX_FILE_MB} MB. Upload only the rows of "
            "this picture."
        )
    else:
        given.give(file.name, file.getvalue(), state.current())

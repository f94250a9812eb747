"""A finished model beside the one that it started from, on the same held-out pictures."""

from __future__ import annotations

import math

import streamlit as st

from salmap import weights
from salmap.jobs import comparison
from salmap.jobs import plans as training
from salmap.jobs.comparison import Comparison, Score
from salmap.jobs.runs import Job
from salmap.ui.words import count, plain

_TICK_S = 2.0
_FEW = 10


def beside_base(job: Job) -> None:
    """Show how a finished model compares; where nobody knows yet, find out in the background."""
    found = comparison.read(job)
    if found is not None:
        _show(job, found)
        return
    path = training.model_path(job.name)
    can_try = path.is_file() and job.base in weights.list_models()
    if can_try and not comparison.was_tried(job):
        comparison.start(job, path, job.base)
    if not comparison.is_running(job):
        st.warning(
            "How good it is beside the model that it started from is not known: they could not be "
            "compared on the held-out pictures."
        )
        return

    def waiting() -> None:
        if not comparison.is_running(job):
            st.rerun()
        st.info(f"Comparing it with {plain(job.base)} on the held-out pictures…")

    st.fragment(waiting, run_every=_TICK_S)()


def _show(job: Job, found: Comparison) -> None:
    name, base = plain(job.name), plain(job.base)
    pictures = count(found.pictures, "held-out picture")
    if found.difference.low > 0:
        st.success(f"On {pictures}, **{name}** is better than {base}.")
    elif found.difference.high < 0:
        st.warning(f"On {pictures}, **{name}** is worse than {base}: keep using {base}.")
    else:
        st.info(f"On {pictures}, no difference between **{name}** and {base} can be shown.")
    with st.container(horizontal=True, gap="large"):
        for label, score in ((name, found.new), (base, found.base), ("Gain", found.difference)):
            _score(label, score)
    few = " With so few pictures the intervals are rough." if found.pictures < _FEW else ""
    st.caption(
        "Information gain over the habit of looking at the middle, in bits per fixation, with 95 % "
        f"intervals; the gain is measured picture by picture.{few}"
    )


def _score(label: str, score: Score) -> None:
    with st.container(width="content", gap="xsmall"):
        st.metric(label, f"{score.mean:.2f} bits")
        if not math.isnan(score.low):
            st.caption(f"{score.low:.2f} to {score.high:.2f}")

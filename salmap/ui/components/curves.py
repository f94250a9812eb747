"""How a run learns, as charts."""

from __future__ import annotations

from typing import Any

import altair as alt
import streamlit as st

from salmap.jobs.log import LossPoint, Progress

_MAX_POINTS = 400
_HEIGHT = 240
_STAGES = {"frozen": "frozen features", "finetune": "whole network"}


def curves(progress: Progress, key: str) -> None:
    """Training loss, and the score on held-out pictures, over the epochs."""
    if not progress.losses and not progress.scores:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Loss on training pictures**")
        st.caption("Bits per fixation, against a random guess. Lower is better.")
        st.altair_chart(_loss_chart(progress), key=f"loss_{key}", width="stretch")
    with right:
        st.markdown("**Score on held-out pictures**")
        st.caption("Information gain over the center bias, bits per fixation. Higher is better.")
        st.altair_chart(_score_chart(progress), key=f"score_{key}", width="stretch")


def _loss_chart(progress: Progress) -> alt.Chart:
    rows = [
        {"epochs": p.epochs, "bits": p.bits, "learning": _STAGES.get(p.stage, p.stage)}
        for p in _thinned(progress.losses)
    ]
    return _lines(rows, progress.total, "bits", "learning").mark_line()


def _score_chart(progress: Progress) -> alt.Chart:
    rows = [{"epochs": s.epochs, "bits": s.ig, "data": s.dataset} for s in progress.scores]
    return _lines(rows, progress.total, "bits", "data").mark_line(point=True)


def _lines(rows: list[dict[str, Any]], total: int, y: str, color: str) -> alt.Chart:
    """Rows over epochs; the axis spans the whole run from the start, so that nothing jumps."""
    epochs = alt.X("epochs:Q", title="epochs").scale(domain=[0, max(total, 1)])
    return alt.Chart(alt.Data(values=rows), height=_HEIGHT).encode(
        x=epochs.axis(tickMinStep=1, format="d"),
        y=alt.Y(f"{y}:Q", title=None).scale(zero=False),
        color=alt.Color(f"{color}:N", title=None).legend(orient="bottom"),
        tooltip=[
            alt.Tooltip("epochs:Q", format=".2f"),
            alt.Tooltip(f"{y}:Q", format=".3f"),
            f"{color}:N",
        ],
    )


def _thinned(points: list[LossPoint]) -> list[LossPoint]:
    """At most `_MAX_POINTS` of them, evenly spread, the last one included."""
    step = -(-len(points) // _MAX_POINTS) or 1
    return points[::-1][::step][::-1]

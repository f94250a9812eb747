"""How well models predict the fixations that a visitor has given, and what the scores mean."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.fixations import brought
from salmap.fixations.brought import Evidence
from salmap.metrics import METRICS, Scores
from salmap.outputs.tables import to_csv
from salmap.ui import words
from salmap.ui.components.numbers import Column, Row, numbers

_COLUMNS = tuple(
    Column(metric.heading, metric.meaning, 1 if metric.higher_is_better else -1, metric.digits)
    for metric in METRICS.values()
)
TITLE = "How well each model predicts these fixations"


def score_table(scores: Mapping[str, Scores], notes: Mapping[str, str], found: Evidence) -> None:
    """The scores of each model, with what they mean.

    Args:
        scores: model -> its scores.
        notes: model -> a word on it.
        found: where people looked.
    """
    best = max(scores, key=lambda model: scores[model]["ig"])
    st.markdown(_verdict(best, scores[best]["ig"]))
    numbers(
        "scores",
        TITLE,
        "Model",
        _COLUMNS,
        [
            Row(model, notes[model], [each[key] for key in METRICS])
            for model, each in scores.items()
        ],
    )
    st.caption(f"{_negatives(found)} IG is over the model {CENTER_BIAS_MODEL}.")
    st.download_button(
        "Download the scores, CSV",
        lambda: _csv(scores),
        "scores.csv",
        "text/csv",
        key="download_scores",
        on_click="ignore",
    )
    with st.expander("What these scores mean"):
        st.markdown("\n".join(f"- **{m.title}**: {m.meaning}" for m in METRICS.values()))


def _verdict(model: str, bits: float) -> str:
    if bits <= 0:
        return (
            "None of these models predicts these fixations better than the habit of looking at the "
            "middle does."
        )
    return (
        f"**{words.plain(model)}** predicts them best: on average it rates fixations "
        f"**{2**bits:.1f} times** as likely as the habit of looking at the middle does."
    )


def _csv(scores: Mapping[str, Scores]) -> bytes:
    """The scores as they are, not rounded."""
    rows = ([model, *(each[key] for key in METRICS)] for model, each in scores.items())
    return to_csv(["model", *METRICS], rows)


def _negatives(found: Evidence) -> str:
    if found.other_pictures:
        return (
            f"sAUC compares with {words.count(len(found.nonfixations), 'fixation')} on "
            f"{words.count(found.other_pictures, 'other picture')} of yours."
        )
    return (
        f"sAUC compares with {brought.DRAWN:,} places drawn from the center bias (fixed seed "
        f"{brought.SEED}), because there are no fixations on other pictures: it can't be "
        "compared with published values."
    )


def about(found: Evidence) -> str:
    """How many fixations there are, in a sentence."""
    text = words.count(len(found.truth.fixations), "fixation")
    if viewers := len(found.truth.fixations.viewers):
        text += f" of {words.count(viewers, 'viewer')}"
    if found.truth.outside:
        text += f"; {found.truth.outside} more outside the picture left out"
    return f"{text}."

"""How well models foresee the looks that a visitor has given, and what the scores mean."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.fixations import brought
from salmap.fixations.brought import Evidence
from salmap.metrics import METRICS, Scores
from salmap.ui import words
from salmap.ui.components.numbers import Column, Row, numbers

_COLUMNS = tuple(
    Column(metric.heading, metric.meaning, 1 if metric.higher_is_better else -1, metric.digits)
    for metric in METRICS.values()
)


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
        "How well each foresees these looks",
        "Model",
        _COLUMNS,
        [
            Row(model, notes[model], [each[key] for key in METRICS])
            for model, each in scores.items()
        ],
    )
    st.caption(f"{_negatives(found)} IG is over the model {CENTER_BIAS_MODEL}.")
    with st.expander("What these scores mean"):
        st.markdown("\n".join(f"- **{m.title}**: {m.meaning}" for m in METRICS.values()))


def _verdict(model: str, bits: float) -> str:
    if bits <= 0:
        return "None of these models foresees the looks better than the center bias does."
    return (
        f"**{words.plain(model)}** foresees them best: on average it holds a look for "
        f"**{2**bits:.1f} times** as likely as the center bias does."
    )


def _negatives(found: Evidence) -> str:
    if found.other_pictures:
        pictures = "picture" if found.other_pictures == 1 else "pictures"
        return (
            f"sAUC compares with the {len(found.nonfixations)} looks on your "
            f"{found.other_pictures} other {pictures}."
        )
    return (
        f"sAUC compares with {brought.DRAWN:,} places drawn from the center bias (fixed seed "
        f"{brought.SEED}), as there are no looks on other pictures: it can't be compared with "
        "published values."
    )


def about(found: Evidence) -> str:
    """How many looks there are, in a sentence."""
    looks = len(found.truth.fixations)
    text = f"{looks} look{'s' * (looks != 1)}"
    if viewers := len(found.truth.fixations.viewers):
        text += f" of {viewers} viewer{'s' * (viewers != 1)}"
    if found.truth.outside:
        text += f"; {found.truth.outside} more outside the picture left out"
    return f"{text}."

"""How well models foresee the looks that a visitor has given, and what the scores mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

import streamlit as st

from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.fixations import truth
from salmap.fixations.truth import Scores, Truth
from salmap.ui import words
from salmap.ui.components.numbers import Column, Row, numbers

#: in the order of `salmap.fixations.truth.Scores`
_COLUMNS = (
    Column(
        "IG, bits",
        "How many bits better each look is foreseen than by the center bias, which knows only that "
        "people look at the middle: 0 is no better, 1 makes it twice as likely.",
        1,
    ),
    Column(
        "NSS",
        "How far the map lies above its own average where people looked, in standard deviations: "
        "0 is chance.",
        1,
    ),
    Column(
        "AUC-Judd",
        "How often a place that was looked at is rated above any place of the picture: 0.5 is "
        "chance, 1 is perfect.",
        1,
        3,
    ),
    Column(
        "sAUC",
        "The same against places where people tend to look in other pictures, so that knowing the "
        "middle wins nothing: 0.5 is chance.",
        1,
        3,
    ),
    Column(
        "CC",
        "How well the map rises and falls with the blurred looks: 0 is not at all, 1 is perfectly.",
        1,
    ),
    Column("SIM", "The share of looks that model and people have in common: 1 is all of them.", 1),
    Column(
        "KLDiv",
        "What is lost, in nats, by believing the model instead of the people: 0 is nothing, less "
        "is better.",
        -1,
    ),
)


def score_table(scores: Mapping[str, Scores], notes: Mapping[str, str], found: Truth) -> None:
    """The scores of each model, with what they mean.

    Args:
        scores: model -> its scores.
        notes: model -> a word on it.
        found: where people looked.
    """
    best = max(scores, key=lambda model: scores[model].ig)
    st.markdown(_verdict(best, scores[best].ig))
    numbers(
        "scores",
        "How well each foresees these looks",
        "Model",
        _COLUMNS,
        [Row(model, notes[model], astuple(each)) for model, each in scores.items()],
    )
    st.caption(f"{_negatives(found)} IG is over the model {CENTER_BIAS_MODEL}.")
    with st.expander("What these scores mean"):
        st.markdown("\n".join(f"- **{c.label.split(',')[0]}**: {c.help}" for c in _COLUMNS))


def _verdict(model: str, bits: float) -> str:
    if bits <= 0:
        return "None of these models foresees the looks better than the center bias does."
    return (
        f"**{words.plain(model)}** foresees them best: on average it holds a look for "
        f"**{2**bits:.1f} times** as likely as the center bias does."
    )


def _negatives(found: Truth) -> str:
    if found.others:
        pictures = "picture" if found.others == 1 else "pictures"
        return (
            f"sAUC compares with the {len(found.nonfixations)} looks on your {found.others} other "
            f"{pictures}."
        )
    return (
        f"sAUC compares with {truth.DRAWN:,} places drawn from the center bias (fixed seed "
        f"{truth.SEED}), as there are no looks on other pictures: it can't be compared with "
        "published values."
    )


def about(found: Truth) -> str:
    """How many looks there are, in a sentence."""
    looks = len(found.fixations)
    text = f"{looks} look{'s' * (looks != 1)}"
    if found.viewers:
        text += f" of {found.viewers} viewer{'s' * (found.viewers != 1)}"
    if found.outside:
        text += f"; {found.outside} more outside the picture left out"
    return f"{text}."

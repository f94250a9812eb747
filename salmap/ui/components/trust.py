"""The panel that says how far to trust a prediction."""

from __future__ import annotations

import streamlit as st

from salmap import weights
from salmap.analysis import trust
from salmap.analysis.agreement import second_opinions
from salmap.ui import cache, words
from salmap.ui.state import Picture
from salmap.weights.registry import Source

_MAX_OTHERS = 4
_AT_HAND = (Source.BUNDLED, Source.FOLDER)


def trust_panel(picture: Picture, model: str) -> None:
    """How much is habit, what other models say, and how good this one usually is."""
    st.subheader("How far to trust it", anchor=False)
    habit, others, usual = st.columns(3, gap="small")
    with habit.container(border=True, height="stretch", gap="xsmall"):
        _habit(picture, model)
    with usual.container(border=True, height="stretch", gap="xsmall"):
        _usual(model)
    with others.container(border=True, height="stretch", gap="xsmall"):
        _others(picture, model)


def _habit(picture: Picture, model: str) -> None:
    share = cache.habit(picture, model, trust.CENTER_BIAS_MODEL)
    st.metric(
        "Mere center bias",
        words.percent(share),
        help="Of what this prediction tells beyond pure chance, the part that is known without "
        "seeing the picture: people look at the middle.",
    )
    st.caption(words.habit(share))


def _others(picture: Picture, model: str) -> None:
    place = st.empty()
    at_hand = [entry for entry in weights.all_models() if entry.source in _AT_HAND]
    others = second_opinions(at_hand, model, _MAX_OTHERS)
    with place, st.spinner("Asking the other models…"):
        shares = cache.common_looks(picture, model, others)
    mean = sum(shares.values()) / len(shares) if shares else None
    with place.container(gap="xsmall"):
        st.metric(
            "Agreement with other models",
            "none to ask" if mean is None else words.percent(mean),
            help="The share of looks that another trained model expects where this one does (SIM). "
            "On photos like those they learned from it is mostly 80 % and more. Even then they may "
            "be wrong together.",
        )
        st.caption(words.agreement(shares))
        st.caption(
            "  \n".join(f"{words.plain(n)} **{words.percent(s)}**" for n, s in shares.items())
        )


def _usual(model: str) -> None:
    scores = trust.usual_scores(cache.predictor(model).info)
    st.metric(
        "Usual score",
        words.mean_score(scores),
        help="Information gain over the center bias, in bits for each look, on pictures that the "
        "model was not trained on. Beside it, what the gaze of other people tells of a look.",
    )
    st.caption(words.score(scores))
    if scores:
        st.caption(words.scores_by_dataset(scores))

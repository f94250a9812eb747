"""The panel that says how far to trust a prediction."""

from __future__ import annotations

import streamlit as st

from salmap import weights
from salmap.analysis import trust, wording
from salmap.analysis.agreement import is_baseline, second_opinions
from salmap.errors import WeightsError
from salmap.ui import cache, words
from salmap.ui.cache import ModelVersion
from salmap.ui.state import Picture
from salmap.weights.info import ModelInfo, read_info

HEADING = "How far can you trust this?"
_MAX_OTHERS = 4


def trust_panel(picture: Picture, model: ModelVersion) -> None:
    """How much is habit, how good the model is, and, if asked for, what other models say."""
    st.header(HEADING, anchor=False)
    if cache.analysis(picture, model).is_unfamiliar:
        st.warning(wording.UNFAMILIAR)
    habit, accuracy = st.columns(2, gap="small")
    with habit.container(border=True, height="stretch", gap="xsmall"):
        share = cache.habit(picture, model, cache.model_version(trust.CENTER_BIAS_MODEL))
        st.metric("Habit of looking at the middle", words.percent(share))
        st.caption(words.habit(share))
    scores = trust.usual_scores(cache.predictor(model).info)
    with accuracy.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f":small[Accuracy on test photos]  \n**{words.accuracy(scores)}**")
        st.caption("On web pages, posters and drawings it can be less accurate than on photos.")
    _others(picture, model)
    _about(model, scores)


def _others(picture: Picture, model: ModelVersion) -> None:
    """Running other networks takes time and memory, so they are asked only on demand."""
    panel = st.expander("Do other models agree?", key="ask_others", on_change="rerun")
    if not panel.open:
        return
    with panel:
        with st.spinner("Asking the other models…"):
            others = [cache.model_version(name) for name in _well_tested(model.name)]
            shares = cache.agreement(picture, model, others)
        if shares:
            mean = sum(shares.values()) / len(shares)
            st.metric("Attention that other models place where this one does", words.percent(mean))
        st.markdown(words.agreement(shares))
        st.caption(
            " · ".join(f"{words.plain(n)} **{words.percent(s)}**" for n, s in shares.items())
        )


def _well_tested(model: str) -> list[str]:
    """Which models to ask about a prediction of this one."""
    infos: dict[str, ModelInfo] = {}
    for entry in weights.all_models():
        path = weights.local_file(entry)
        if path is None or is_baseline(entry):
            continue
        try:
            infos[entry.name] = read_info(path)
        except WeightsError:
            continue
    return second_opinions(infos, model, _MAX_OTHERS)


def _about(model: ModelVersion, scores: list[trust.UsualScore]) -> None:
    with st.expander(f"Test scores of {words.plain(model.name)}"):
        if not scores:
            st.markdown(words.accuracy(scores))
            return
        st.markdown(
            "Information gain in bits for each fixation, on pictures that the model was not "
            "trained on: how much better it predicts where people look than the habit of looking "
            "at the middle does. In brackets, 95 % intervals."
        )
        st.markdown(words.scores_by_dataset(scores))
        reached = words.relative_score(scores)
        if reached is not None:
            st.markdown(
                f"All together, that is {words.percent(reached)} of what the gaze of other people "
                "tells about the same pictures."
            )

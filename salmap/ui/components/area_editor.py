"""Areas of interest, drawn on the picture, with the attention that each one draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from salmap.analysis import wording
from salmap.analysis.certainty import interval_of
from salmap.areas import Area, AreaShare
from salmap.errors import AreaError
from salmap.ui import cache, drawn, measures, words
from salmap.ui.cache import ModelVersion
from salmap.ui.components.browser import component
from salmap.ui.state import Picture

_PROBLEM = "area_problem"


def area_editor(
    key: str, picture: Picture, model: ModelVersion, source: str, areas: tuple[Area, ...]
) -> None:
    """Let a visitor draw areas on a picture, and show what each one gets.

    Args:
        key: the same for the same place on a page.
        picture: the picture; what is drawn is kept in `salmap.ui.drawn`.
        model: whose prediction is measured.
        source: what is drawn on, a data URI.
        areas: to begin with.
    """
    key = f"{key}_{picture.digest[:16]}"

    def changed() -> None:
        try:
            drawn.take(picture, st.session_state[key].areas)
        except AreaError as error:
            st.session_state[_PROBLEM] = str(error)

    found: Sequence[AreaShare] = ()
    try:
        found = measures.area_shares(picture, model, areas) if areas else ()
    except AreaError as error:
        st.error(words.message(error))
    height, width = cache.grid_prediction(picture, model).size
    component("area_editor")(
        key=key,
        data={
            "key": key,
            "src": source,
            "alt": f"{picture.name}: draw areas on it",
            "width": width,
            "height": height,
            "turn": drawn.turn_of(picture),
            "areas": [_shape(area) | _numbers(found, place) for place, area in enumerate(areas)],
        },
        on_areas_change=changed,
    )
    if problem := st.session_state.pop(_PROBLEM, ""):
        st.error(words.message(problem))


def _shape(area: Area) -> dict[str, Any]:
    return {"name": area.name, "corners": [list(corner) for corner in area.corners]}


def _numbers(found: Sequence[AreaShare], place: int) -> dict[str, Any]:
    """What is said of an area."""
    if place >= len(found):
        return {"share": "", "bar": 0, "more": ""}
    one = found[place]
    between = wording.between(interval_of(one))
    more = f"{between} · {one.density:.1f} × the average · rank {one.rank}"
    if one.seen:
        more += f" · seen by {wording.seen(one)}"
    return {"share": wording.percent(one.share), "bar": 100 * one.share, "more": more}

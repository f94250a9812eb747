"""The areas that a visitor has drawn, kept with each picture as long as the tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from salmap.analysis.area_files import numbered
from salmap.areas import Area
from salmap.errors import AreaError
from salmap.ui.state import Picture

_DRAWN, _TURNS = "drawn_areas", "drawn_areas_turns"


def areas_of(picture: Picture) -> tuple[Area, ...]:
    """The areas on a picture; empty if there are none."""
    found: tuple[Area, ...] = _drawn().get(picture.digest, ())
    return found


def turn_of(picture: Picture) -> int:
    """How often the areas on a picture have changed."""
    return _turns().get(picture.digest, 0)


def keep(picture: Picture, areas: Sequence[Area], turn: int | None = None) -> None:
    """Replace the areas on a picture.

    Args:
        picture: the picture.
        areas: with names of their own.
        turn: that of the change; the next one if not given.
    """
    _drawn()[picture.digest] = tuple(areas)
    after = turn_of(picture) + 1 if turn is None else turn
    _turns()[picture.digest] = after


def take(picture: Picture, message: Mapping[str, Any]) -> None:
    """Replace the areas on a picture by those that its editor tells.

    Raises:
        AreaError: if it tells something else than areas.
    """
    try:
        found = [
            (picture.name, Area(str(item["name"]), tuple((float(x), float(y)) for x, y in corners)))
            for item in message["areas"]
            for corners in [item["corners"]]
        ]
        turn = int(message["turn"])
    except (KeyError, TypeError, ValueError) as error:
        raise AreaError("The areas could not be read. Draw them again.") from error
    keep(picture, [area for _, area in numbered(found)], turn)


def _drawn() -> dict[str, tuple[Area, ...]]:
    found: dict[str, tuple[Area, ...]] = st.session_state.setdefault(_DRAWN, {})
    return found


def _turns() -> dict[str, int]:
    found: dict[str, int] = st.session_state.setdefault(_TURNS, {})
    return found

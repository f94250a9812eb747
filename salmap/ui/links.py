"""Addresses that can be shared: `?model=lite&view=Heatmap` keeps what a page shows.

Streamlit's own binding of widgets to the address would show the labels that people read, so names
are kept here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
_ADOPTED, _INITIAL = "adopted_links", "initial_values"


def adopt(key: str, name: str, options: Collection[str]) -> None:
    """Set a widget, before it is first drawn in a session, to what the address says.

    Args:
        key: of the widget.
        name: in the address.
        options: what the widget offers; anything else in the address is ignored.
    """
    wanted = _first_time(name)
    if wanted in options:
        st.session_state[key] = wanted


def adopt_several(key: str, name: str, options: Collection[str]) -> None:
    """The same for a widget that takes several values, with commas between them."""
    wanted = [value for value in (_first_time(name) or "").split(",") if value in options]
    if wanted:
        st.session_state[key] = wanted


def initial(key: str, name: str, options: Sequence[T]) -> T:
    """What a widget shows at first: what the address said when the session began, or the first.

    Args:
        key: of the widget.
        name: in the address.
        options: what the widget offers.
    """
    firsts: dict[str, str | None] = st.session_state.setdefault(_INITIAL, {})
    if key not in firsts:
        firsts[key] = _first_time(name)
    return next((option for option in options if str(option) == firsts[key]), options[0])


def keep(**values: str) -> None:
    """Write what a page shows into its address."""
    if st.query_params.to_dict() != values:
        st.query_params.from_dict(values)


def _first_time(name: str) -> str | None:
    adopted: set[str] = st.session_state.setdefault(_ADOPTED, set())
    if name in adopted:
        return None
    adopted.add(name)
    return st.query_params.get(name)

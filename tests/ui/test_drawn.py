"""What the editor tells of areas."""

from __future__ import annotations

import pytest
import streamlit as st

from salmap.areas import Area
from salmap.errors import AreaError
from salmap.ui import drawn, state

PICTURE = state.picture_from("a.png", b"")
CORNERS = [[0, 0], [10, 0], [10, 20], [0, 20]]


@pytest.fixture(autouse=True)
def session(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def test_areas_are_kept_with_their_picture_and_names_made_different():
    assert drawn.areas_of(PICTURE) == ()
    areas = [{"name": "button", "corners": CORNERS}] * 2
    drawn.take(PICTURE, {"turn": 3, "areas": areas})
    assert [area.name for area in drawn.areas_of(PICTURE)] == ["button", "button 2"]
    assert drawn.areas_of(PICTURE)[0] == Area.box("button", 0, 0, 10, 20)
    assert drawn.turn_of(PICTURE) == 3
    drawn.keep(PICTURE, [])
    assert drawn.turn_of(PICTURE) == 4
    assert drawn.areas_of(state.picture_from("b.png", b"b")) == ()


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"turn": 1, "areas": [{"name": "x"}]},
        {"turn": 1, "areas": [{"name": "x", "corners": [[0, 0], [None, 1], [1, 1]]}]},
        {"turn": 1, "areas": [{"name": "x", "corners": [[0, 0], [1, 1]]}]},
        {"turn": None, "areas": []},
    ],
)
def test_a_message_that_is_not_one_changes_nothing(message):
    drawn.keep(PICTURE, [Area.box("button", 0, 0, 1, 1)])
    with pytest.raises(AreaError):
        drawn.take(PICTURE, message)
    assert len(drawn.areas_of(PICTURE)) == 1

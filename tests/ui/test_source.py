"""What becomes of pictures that come while others are still being read."""

from __future__ import annotations

import io
from unittest.mock import Mock

import pytest
import streamlit as st
from PIL import Image

from salmap.ui import state
from salmap.ui.components import source


@pytest.fixture(autouse=True)
def session(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def picture(name: str, gray: int) -> state.Picture:
    stream = io.BytesIO()
    Image.new("L", (30, 20), gray).save(stream, "PNG")
    return state.picture_from(name, stream.getvalue())


def test_what_came_last_is_shown_though_others_were_not_read_yet():
    """As when somebody clicks on an example before an upload has been read."""
    source.take([picture("a.png", 1), picture("b.png", 2)])
    source.take([picture("c.png", 3), picture("d.png", 4)])
    source.check_incoming(Mock())
    assert [kept.name for kept in state.tray()] == ["a.png", "b.png", "c.png", "d.png"]
    assert state.current().name == "c.png"


def test_if_that_can_not_be_read_the_first_that_can_is_shown():
    source.take([picture("a.png", 1)])
    source.take([state.picture_from("b.png", b"no picture")])
    source.check_incoming(Mock())
    assert state.current().name == "a.png"
    assert "b.png" in st.session_state["picture_problems"][0]

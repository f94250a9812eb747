"""Pictures that no screen shows whole, and transparent ones, on the Analyse page."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from salmap.pictures.viewing import Viewing
from tests.ui.test_analyse_page import picture, shown, started, upload

pytestmark = pytest.mark.usefixtures("fresh")


def warnings(app: AppTest) -> list[str]:
    return [element.value for element in app.warning]


def controls(app: AppTest) -> list[str]:
    elements = (*app.number_input, *app.get("color_picker"))
    return [element.label for element in elements]


def white_mark() -> bytes:
    pixels = np.full((60, 90, 4), 255, np.uint8)
    pixels[:30, :, 3] = 0
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_usual_pictures_have_neither_control_nor_warning():
    app = upload(started(), ("photo.png", picture(), "image/png"))
    assert not app.exception
    assert controls(app) == warnings(app) == []


@pytest.mark.parametrize(("size", "name"), [((900, 90), "height"), ((90, 900), "width")])
def test_a_long_picture_is_done_screen_by_screen_and_the_screen_can_be_chosen(size, name):
    app = upload(started(), ("page.png", picture(size), "image/png"))
    assert controls(app) == [f"Screen {name}, in pixels of the picture"]
    count = 13 if name == "height" else 8
    assert f"{count} screens" in warnings(app)[0]
    before = shown(app)["top"]
    app.number_input[0].set_value(300).run()
    assert "3 screens of 300 pixels" in warnings(app)[0]
    assert app.session_state["tray"][0].viewing == Viewing(300)
    assert shown(app)["top"] != before
    app.number_input[0].set_value(900).run()  # one screen: all of it at once
    assert warnings(app) == []
    assert not app.exception


def test_a_white_mark_is_seen_again_on_another_background():
    app = upload(started(), ("logo.png", white_mark(), "image/png"))
    assert "one color only" in warnings(app)[0]
    (background,) = app.get("color_picker")
    assert (background.label, background.value) == ("Background", "#ffffff")
    background.set_value("#203040").run()
    assert warnings(app) == []
    assert app.session_state["tray"][0].viewing == Viewing(background="#203040")
    assert not app.exception

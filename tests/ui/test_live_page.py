"""The Live page's logic, without a browser."""

from __future__ import annotations

import base64
import io
import json
import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

import salmap
from salmap import weights
from salmap.errors import ImageError, WeightsError
from salmap.render import display_scale
from salmap.ui import cache, live
from salmap.ui.components import controls
from salmap.ui.pages import live as live_page
from salmap.weights.registry import DEFAULT_MODEL

MODEL = "spectral-residual"
VERSION = cache.ModelVersion(MODEL)

pytestmark = pytest.mark.usefixtures("fresh")


def frame(x: int = 20, size: tuple[int, int] = (60, 90)) -> bytes:
    """A JPEG of something on gray, at x."""
    pixels = np.full((*size, 3), 128, np.uint8)
    pixels[25:35, x : x + 10] = np.random.default_rng(0).integers(0, 256, (10, 10, 3))
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


def message(jpeg: bytes, number: int = 7) -> dict:
    return {"id": number, "jpeg": base64.b64encode(jpeg).decode()}


def started() -> AppTest:
    def script() -> None:
        from salmap.ui.pages import live

        live.page()

    return AppTest.from_function(script, default_timeout=120).run()


def camera(app: AppTest) -> dict:
    """What the camera was given."""
    protos = [getattr(element, "proto", None) for element in app.main]
    (found,) = [p for p in protos if getattr(p, "component_name", "") == "salmap_camera"]
    return json.loads(found.json)[0]


@pytest.fixture
def session(monkeypatch) -> dict:
    """A visitor's state, for callbacks."""
    state: dict = {}
    monkeypatch.setattr(live_page.st, "session_state", state)
    return state


@pytest.mark.parametrize("x", [5, 75])
def test_a_frame_is_seen_on_the_models_grid(x):
    network = salmap.load(MODEL)
    found = live.heat(frame(x), network)
    grid = network.predict_grid(salmap.load_image(frame(x))).grid
    np.testing.assert_allclose(found.levels / 255, display_scale(np.exp(grid)), atol=0.51 / 255)
    hottest = np.unravel_index(found.levels.argmax(), grid.shape)[1] / grid.shape[1]
    assert abs(hottest - (x + 5) / 90) < 0.15
    assert not found.is_blank


def test_a_covered_lens_is_told():
    stream = io.BytesIO()
    Image.new("RGB", (90, 60)).save(stream, "JPEG")
    assert live.heat(stream.getvalue(), salmap.load(MODEL)).is_blank


@pytest.mark.parametrize("data", [b"", b"hello", frame() + bytes(live.MAX_BYTES)])
def test_what_no_camera_sends_is_refused(data):
    with pytest.raises(ImageError):
        live.heat(data, salmap.load(MODEL))


@pytest.mark.parametrize("sent", [None, {}, {"jpeg": 3}, {"jpeg": "?"}])
def test_a_message_without_a_picture_holds_none(sent):
    assert live.jpeg_from(sent) == b""


def test_before_the_first_frame_the_page_waits_with_the_quickest_network():
    app = started()
    assert app.selectbox(key="live_model").value == "tiny"
    assert camera(app)["answer"] is None
    assert camera(app)["side"] == cache.predictor(cache.model_version("tiny")).backend.size


def test_without_the_quickest_network_the_default_one_is_taken(monkeypatch):
    others = [entry for entry in weights.all_models() if entry.name != "tiny"]
    monkeypatch.setattr(weights, "all_models", lambda: others)
    assert controls.visible_models(live_page.USUAL)[0].name == DEFAULT_MODEL


def test_a_model_that_is_not_available_is_named(monkeypatch):
    def load(*_):
        raise WeightsError("tiny is damaged: download it again.")

    monkeypatch.setattr(cache, "load", load)
    app = started()
    assert "tiny is damaged" in app.error[0].value
    assert not any(getattr(e.proto, "component_name", "") == "salmap_camera" for e in app.main)


def test_an_answer_belongs_to_its_frame(session):
    session["live_camera"] = SimpleNamespace(frame=message(frame(), 7))
    live_page._answer(VERSION)
    answer = session["live_answer"]
    assert answer["id"] == 7
    levels = np.frombuffer(base64.b64decode(answer["levels"]), np.uint8)
    expected = live.heat(frame(), salmap.load(MODEL)).levels
    np.testing.assert_array_equal(levels.reshape(answer["height"], answer["width"]), expected)


def test_a_frame_whose_turn_does_not_come_is_dropped(session, monkeypatch):
    monkeypatch.setattr(live_page, "PATIENCE_S", 0.01)
    monkeypatch.setattr(cache, "_cameras", threading.Lock())
    session["live_camera"] = SimpleNamespace(frame=message(frame(), 8))
    with cache.camera_turn(1):
        live_page._answer(VERSION)
    assert session["live_answer"] == {"id": 8, "late": True}


def test_a_frame_that_is_no_picture_ends_it_with_a_sentence(session):
    session["live_camera"] = SimpleNamespace(frame=message(b"hello", 9))
    live_page._answer(VERSION)
    assert session["live_answer"]["id"] == 9
    assert "not a picture" in session["live_answer"]["problem"]


def test_a_frame_that_comes_after_its_visitor_has_left_the_page_is_dropped(session):
    live_page._answer(VERSION)
    live_page._keep()
    assert session == {}


def test_kept_pictures_wait_to_be_checked_like_any_other(session):
    for x in (5, 75):
        session["live_camera"] = SimpleNamespace(keep=message(frame(x)))
        live_page._keep()
    waiting = [picture for together in session["incoming_pictures"] for picture in together]
    assert [p.name for p in waiting] == ["camera 1.jpg", "camera 2.jpg"]
    assert [p.data for p in waiting] == [frame(5), frame(75)]


def test_the_page_puts_kept_pictures_into_the_tray_and_says_what_is_wrong_with_others():
    app = started()
    good, bad = cache.Picture("camera 1.jpg", frame(), "a"), cache.Picture("bad.jpg", b"no", "b")
    app.session_state["live_kept"] = ("a", "b")
    app.session_state["incoming_pictures"] = [[good, bad]]
    app.run()
    assert [p.name for p in app.session_state["tray"]] == ["camera 1.jpg"]
    assert "1 picture kept." in [m.value for m in app.main.markdown]
    assert "bad.jpg is not a picture" in app.error[0].value.replace("\\", "")

"""What visitors share: each gets their own right answer, and the model is loaded once."""

from __future__ import annotations

import gc
import io
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

import salmap
from salmap.analysis.trust import UsualScore
from salmap.errors import ImageError
from salmap.render import Style, View
from salmap.ui import cache, state, words

MODEL = "spectral-residual"
VERSION, CENTER_BIAS = cache.ModelVersion(MODEL), cache.ModelVersion("center-bias")


pytestmark = pytest.mark.usefixtures("fresh")


def noise(seed: int) -> state.Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 60, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return state.picture_from(f"{seed}.png", stream.getvalue())


def test_ten_visitors_at_once_get_their_own_answers(monkeypatch):
    loads: list[str] = []
    load = cache.load
    monkeypatch.setattr(cache, "load", lambda *args: loads.append(args[0]) or load(*args))
    pictures = [noise(seed) for seed in range(10)]
    with ThreadPoolExecutor(10) as visitors:
        found = list(visitors.map(lambda picture: cache.prediction(picture, VERSION), pictures))
    model = salmap.load(MODEL)
    for picture, prediction in zip(pictures, found, strict=True):
        expected = model.predict(picture.data).log_density
        np.testing.assert_array_equal(prediction.log_density, expected)
    assert loads == [MODEL]


def test_of_many_visitors_two_at_a_time_have_a_picture_at_full_size_in_work(monkeypatch):
    at_work, most, load, counted = 0, 0, cache.load_image, threading.Lock()

    def slow(*args):
        nonlocal at_work, most
        with counted:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.02)
        with counted:
            at_work -= 1
        return load(*args)

    monkeypatch.setattr(cache, "load_image", slow)
    with ThreadPoolExecutor(10) as visitors:
        shown = list(visitors.map(cache.screen_image, [noise(seed) for seed in range(10)]))
    assert most == 2
    assert len({image.tobytes() for image in shown}) == 10


def test_cameras_together_take_one_turn_and_leave_one_for_pictures():
    with cache.camera_turn(1) as first, ThreadPoolExecutor(1) as another:
        assert first
        assert not another.submit(came, 0.01).result()
        with cache.turn():
            pass
    with cache.turn(), cache.turn():
        assert not came(0.01)
    assert came(1)


def came(patience_s: float) -> bool:
    """Whether a camera got a turn."""
    with cache.camera_turn(patience_s) as turn:
        return turn


def test_what_a_model_brings_is_not_searched_for_garbage_after_each_run():
    gc.unfreeze()
    cache.predictor(VERSION)
    assert gc.get_freeze_count() > 10_000


def test_what_is_shared_cannot_be_spoilt():
    picture = noise(0)
    with pytest.raises(ValueError, match="read-only"):
        cache.decoded(picture)[:] = 0
    cache.screen_density(picture, VERSION)[:] = 0
    assert cache.screen_density(picture, VERSION).sum() == pytest.approx(1, abs=1e-4)


def test_pictures_that_differ_in_one_pixel_are_told_apart():
    pixels = np.zeros((1100, 1200, 3), np.uint8)
    other = pixels.copy()
    other[5, 5] = 255
    drawings = set()
    for array in (pixels, other):
        stream = io.BytesIO()
        Image.fromarray(array).save(stream, "PNG", compress_level=1)
        picture = state.picture_from("same.png", stream.getvalue())
        drawings.add(cache.drawing(picture, CENTER_BIAS, View.ORIGINAL, Style()))
    assert len(drawings) == 2


def test_a_model_file_that_changes_is_not_shown_stale(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(b"one")
    before = cache.model_version("mine")
    path.write_bytes(b"two, later")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert before.changed
    assert cache.model_version("mine") != before


def test_a_message_names_the_file():
    with pytest.raises(ImageError, match=r"notes\.txt is not a picture"):
        cache.thumbnail(state.picture_from("notes.txt", b"hello"))


def test_a_large_picture_is_shown_small():
    stream = io.BytesIO()
    Image.new("RGB", (3000, 600)).save(stream, "JPEG")
    picture = state.picture_from("wide.jpg", stream.getvalue())
    assert cache.screen_image(picture).shape == (506, 2530, 3)
    assert cache.screen_density(picture, CENTER_BIAS).shape == (506, 2530)
    assert cache.prediction(picture, CENTER_BIAS).size == (600, 3000)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((0, 0), "upper left"),
        ((50, 0), "top"),
        ((99, 59), "lower right"),
        ((0, 30), "left"),
        ((50, 30), "middle"),
        ((50, 59), "bottom"),
    ],
)
def test_places_in_words(point, expected):
    assert words.place(point, (60, 100)) == expected


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ({}, "no other well-tested model"),
        ({"a": 0.9, "b": 0.75}, "same places"),
        ({"a": 0.9, "b": 0.6}, "less than they usually do on photos"),
        ({"a": 0.6}, "check with real people"),
    ],
)
def test_agreement_in_words(shares, expected):
    assert expected in words.agreement(shares)


def test_small_shares_are_not_nothing():
    assert words.percent(0) == "0\u00a0%"
    assert words.percent(0.001) == "<1\u00a0%"
    assert words.percent(0.234) == "23\u00a0%"


def test_usual_scores_in_words():
    known = [UsualScore("osie", 2.0, None, 2.5), UsualScore("b", 1.0, (0.9, 1.1), 1.5)]
    assert words.relative_score(known) == pytest.approx(0.75)
    assert "better than a guess" in words.accuracy(known)
    assert words.scores_by_dataset(known).splitlines() == [
        "- OSIE: **2.00**; other people's gaze 2.50",
        "- b: **1.00** (0.90 to 1.10); other people's gaze 1.50",
    ]
    assert "About as good" in words.accuracy([UsualScore("a", 1.0, None, 1.0)])
    unknown = [UsualScore("c", 0.5)]
    assert words.relative_score(unknown) is None
    assert "people" not in words.scores_by_dataset(unknown)
    assert "No test scores" in words.accuracy([])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/srv/models/mine.safetensors is missing", "mine.safetensors is missing"),
        ("There is no folder '/home/ann/my data/images'.", "There is no folder 'data/images'."),
        (r"C:\\Users\\ann\\a.png is empty", "a.png is empty"),
        ("1/2 of https://example.org/a/b is left", "1/2 of https://example.org/a/b is left"),
    ],
)
def test_messages_name_files_but_no_folders(text, shown):
    assert words.without_folders(text) == shown or "/home" not in words.without_folders(text)


def test_names_are_not_taken_for_markdown():
    assert words.plain("a_b*[x](y).png") == "a\\_b\\*\\[x\\]\\(y\\).png"

"""What is said of a picture with nothing to see, and the background that brings it back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image

import salmap
from salmap.errors import ImageError
from salmap.pictures import load_image
from tests.pictures.odd_files import encoded, scene


def white_mark() -> Image.Image:
    """A white mark on transparency."""
    pixels = np.full((60, 90, 4), 255, np.uint8)
    pixels[..., 3] = 0
    pixels[20:40, 30:60, 3] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_white_on_transparency_is_said_to_be_nothing_to_see(kind: str) -> None:
    model = salmap.load("center-bias", use_hub=False)
    logo = encoded(white_mark(), kind)
    (note,) = model.predict(logo).notes
    assert "one color only" in note
    assert "another background" in note
    assert model.predict(logo, background="#203040").notes == ()
    shown = load_image(logo, "#203040")
    assert shown[0, 0].tolist() == [0x20, 0x30, 0x40]
    assert shown[30, 45].tolist() == [255, 255, 255]
    assert np.array_equal(load_image(np.asarray(white_mark()), "#203040"), shown)


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.full((50, 70, 3), 90, np.uint8), True),
        (np.full((50, 70, 3), (90, 0, 7), np.uint8), True),
        (np.random.default_rng(0).integers(120, 124, (50, 70, 3), np.uint8), True),
        (np.pad(np.full((1, 1, 3), 255, np.uint8), ((31, 1), (40, 3), (0, 0))), False),
        (scene(), False),
    ],
)
def test_a_picture_of_one_color_is_said_to_be(pixels: np.ndarray, said: bool) -> None:
    notes = salmap.load("center-bias", use_hub=False).predict(pixels).notes
    assert (len(notes) == 1) == said


def test_a_picture_whose_numbers_are_far_too_small_is_said_to_be_dark() -> None:
    deep = cv2.imencode(".png", scene().astype(np.uint16) * 16)[1].tobytes()  # 12 bits in 16
    (note,) = salmap.load("center-bias", use_hub=False).predict(deep).notes
    assert "nearly black" in note


@pytest.mark.parametrize("color", ["nocolor", "#12", "#ffffff00", "", None, 7])
def test_what_is_not_a_color_is_refused(color: str) -> None:
    with pytest.raises(ImageError, match=r"not a color\. Use a name such as black, or #ff8800"):
        load_image(scene(), color)

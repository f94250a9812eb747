"""Fixations that people bring as maps of points."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from salmap.errors import FixationsError, ImageError
from salmap.fixations.fixation_map import parse_fixation_map
from salmap.types import UNKNOWN_VIEWER

SIZE = (60, 90)


def picture(points: list[tuple[int, int]], form: str = "PNG", value: int = 255) -> bytes:
    """A black picture with points at (x, y)."""
    pixels = np.zeros(SIZE, np.uint8)
    for x, y in points:
        pixels[y, x] = value
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form, **({"quality": 95} if form == "JPEG" else {}))
    return stream.getvalue()


@pytest.mark.parametrize(("form", "value"), [("PNG", 255), ("PNG", 1), ("BMP", 255), ("JPEG", 255)])
def test_a_map_has_a_fixation_for_each_point(form, value):
    points = [(5, 7), (40, 30), (89, 59)]
    fixations = parse_fixation_map(picture(points, form, value), "map", SIZE)
    assert sorted(zip(fixations.x, fixations.y, strict=True)) == points
    assert set(fixations.viewer) == {UNKNOWN_VIEWER}


@pytest.mark.parametrize(
    ("data", "size", "part"),
    [
        (picture([(1, 1)]), (61, 90), "90 x 60 pixels, but the picture has 90 x 61"),
        (picture([]), SIZE, "is black"),
        (picture([(x, y) for x in range(30) for y in range(30)]), SIZE, "blurred"),
    ],
)
def test_maps_that_are_none(data, size, part):
    with pytest.raises(FixationsError, match=part):
        parse_fixation_map(data, "gaze.png", size)


def test_what_is_no_picture_is_named():
    with pytest.raises(ImageError, match=r"gaze\.png is not a picture"):
        parse_fixation_map(b"hello", "gaze.png", SIZE)

"""Fixations that people bring, as tables and as maps."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from salmap.errors import FixationsError, ImageError
from salmap.fixations.files import UNKNOWN_VIEWER, parse_fixation_map, parse_fixations_csv

SIZE = (60, 90)


def parsed(text: str):
    return parse_fixations_csv(io.BytesIO(text.encode()), "gaze.csv")


def refused(text: str) -> str:
    with pytest.raises(FixationsError) as failure:
        parsed(text)
    assert "gaze.csv" in str(failure.value)
    return str(failure.value)


def picture(points: list[tuple[int, int]], form: str = "PNG", value: int = 255) -> bytes:
    """A black picture with points at (x, y)."""
    pixels = np.zeros(SIZE, np.uint8)
    for x, y in points:
        pixels[y, x] = value
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form, **({"quality": 95} if form == "JPEG" else {}))
    return stream.getvalue()


def test_two_columns_are_enough():
    (fixations,) = parsed("x,y\n3.5,4\n1,2\n").values()
    np.testing.assert_array_equal(fixations.x, [3.5, 1])
    np.testing.assert_array_equal(fixations.y, [4, 2])
    assert set(fixations.viewer) == {UNKNOWN_VIEWER}
    assert set(fixations.order) == {0}


def test_subjects_are_kept_apart_and_in_order():
    fixations = parsed("y,x,subject\n1,10,zoe\n2,20,ann\n3,30,zoe\n")[""]
    rows = list(zip(fixations.x, fixations.y, fixations.viewer, fixations.order, strict=True))
    assert rows == [(20, 2, 0, 0), (10, 1, 1, 0), (30, 3, 1, 1)]


def test_images_are_kept_apart():
    found = parsed("image,x,y\na.jpg,1,2\nb.jpg,3,4\na.jpg,5,6\n")
    assert {image: len(fixations) for image, fixations in found.items()} == {"a.jpg": 2, "b.jpg": 1}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x,y\n1,2\none,2\n", ["row 3", "column x", "'one'"]),
        ("x,y\n1,inf\n", ["row 2", "column y", "'inf'"]),
        ("x,y\n1\n", ["row 2", "column y", "''"]),
        ("x,y,subject\n1,2,\n", ["row 2", "column subject", "empty"]),
        ("x,y,image\n1,2,\n", ["row 2", "column image", "empty"]),
        ("x,y,duration_ms\n1,2,soon\n", ["row 2", "column duration_ms"]),
        ("x;y\n1;2\n", ["lacks the columns x, y", "x;y"]),
        ("", ["lacks the columns x, y", "empty"]),
        ("x,y\n", ["no fixation"]),
    ],
)
def test_mistakes_are_named_by_row_and_column(text, parts):
    message = refused(text)
    assert all(part in message for part in parts), message


def test_a_table_in_another_encoding_is_refused():
    with pytest.raises(FixationsError, match="UTF-8"):
        parse_fixations_csv(io.BytesIO(b"x,y\n\xff\xfe,2\n"), "gaze.csv")


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

"""Text and faces, found where they are."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw, ImageFont

from salmap.analysis import detect as module
from salmap.analysis.detect import Kind, detect, parse_kinds
from salmap.errors import AreaError


def headlines(height: int, *tops: int) -> np.ndarray:
    """A white page with two lines of large letters at each of these places."""
    page = Image.new("RGB", (400, height), "white")
    draw = ImageDraw.Draw(page)
    for top in tops:
        text = "Spring sale\nstarts today"
        draw.multiline_text((40, top), text, "black", ImageFont.load_default(36))
    return np.array(page)


def test_lines_below_each_other_are_one_block_of_text():
    pytest.importorskip("rapidocr")
    (block,) = detect(headlines(300, 100), {Kind.TEXT})
    assert block.name == "text 1"
    left, top, right, bottom = block.bounds
    assert 25 < left < 45 and 90 < top < 115 and 220 < right < 280 and 165 < bottom < 195


@pytest.mark.slow
def test_text_on_a_tall_page_is_found_in_every_part_of_it():
    pytest.importorskip("rapidocr")
    found = detect(headlines(2400, 60, 2200), {Kind.TEXT})
    assert [area.name for area in found] == ["text 1", "text 2"]
    assert [round(area.bounds[1], -2) for area in found] == [100, 2200]


def test_a_face_is_found_and_nothing_else():
    pytest.importorskip("dlib")
    (face,) = detect(skimage.data.astronaut(), {Kind.FACES})
    left, top, right, bottom = face.bounds
    assert face.name == "face 1"
    assert left < 190 and top < 90 and right > 255 and bottom > 160
    assert right - left < 150


@pytest.mark.parametrize(("kind", "package"), [(Kind.TEXT, "rapidocr"), (Kind.FACES, "dlib")])
def test_a_missing_package_is_named(monkeypatch, kind, package):
    monkeypatch.setitem(sys.modules, package, None)
    module._text_finder.cache_clear()
    module._face_finder.cache_clear()
    with pytest.raises(AreaError, match=rf"{package}.*salmap\[detect\]"):
        detect(np.zeros((50, 50, 3), np.uint8), {kind})


def test_where_there_is_nothing_nothing_is_found():
    pytest.importorskip("rapidocr")
    pytest.importorskip("dlib")
    assert detect(np.full((100, 140, 3), 90, np.uint8), set(Kind)) == []


def test_kinds_are_read_from_text():
    assert parse_kinds("text, faces") == {Kind.TEXT, Kind.FACES}
    with pytest.raises(AreaError, match="'cats' can't be detected"):
        parse_kinds("text,cats")

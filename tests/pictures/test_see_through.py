"""Which pictures let something behind them be seen."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from salmap.pictures import see_through
from tests.pictures.odd_files import encoded, gray, odd_files, png, scene

CLEAR = np.dstack([scene(), np.full(scene().shape[:2], 200, np.uint8)])
OPAQUE = np.dstack([scene(), np.full(scene().shape[:2], 255, np.uint8)])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (png(scene()), False),
        (png(OPAQUE), False),
        (png(CLEAR), True),
        (encoded(Image.fromarray(CLEAR), "WEBP"), True),
        (encoded(Image.fromarray(scene()), "JPEG"), False),
        (encoded(Image.fromarray(scene()).quantize(16), "GIF", transparency=3), True),
        (encoded(Image.fromarray(scene()).quantize(16), "GIF"), False),
        (odd_files()["GIF smaller than its canvas"], True),
        (png(gray(16), ("tRNS", b"\0\0")), True),
        (png(gray(16)), False),
    ],
)
def test_what_is_behind_a_picture_is_seen_only_through_transparent_ones(
    data: bytes, expected: bool
) -> None:
    assert see_through(data) == expected

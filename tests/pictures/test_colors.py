"""Numbers that stand for other colors than those of sRGB, and gray deeper than eight bits."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from salmap.pictures import load_image
from tests.pictures.odd_files import LINEAR, MAC, SRGB, USUAL, WIDE, Chunk, gray, iccp, png, profile

#: the level of 255 that everything here has
LEVEL = 100
FLAT = np.full((6, 8, 3), LEVEL, np.uint8)
DISPLAY_P3, SRGB_CODES = (("cICP", bytes([primaries, 13, 0, 1])) for primaries in (12, 1))


def in_srgb(gamma: float) -> int:
    """The level in sRGB of what `LEVEL` stands for with a pure gamma."""
    light = (LEVEL / 255) ** gamma
    return round(255 * (1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize(
    ("chunks", "gamma"),
    [
        ((LINEAR,), 1),
        ((MAC,), 1.8),
        ((LINEAR, SRGB), None),
        ((LINEAR, SRGB_CODES), None),
        ((USUAL,), None),
        ((WIDE,), None),
        ((LINEAR, iccp(profile("sRGB 1.8", 1.8))), 1.8),
        ((("cICP", bytes([1, 8, 0, 1])), iccp(profile("x", 1.8))), 1),
        ((("gAMA", bytes(4)),), None),
    ],
)
def test_a_png_says_what_its_numbers_stand_for(chunks: tuple[Chunk, ...], gamma: float) -> None:
    expected = LEVEL if gamma is None else in_srgb(gamma)
    for pixels in (FLAT, FLAT[..., 0], FLAT.astype(np.uint16) * 257):
        found = load_image(png(pixels, *chunks))
        assert np.abs(found.astype(int) - expected).max() <= 2


def test_wide_colors_become_stronger_ones_in_srgb() -> None:
    red = FLAT * np.array([2, 1, 1], np.uint8)
    (wide,) = np.unique(load_image(png(red, DISPLAY_P3)).reshape(-1, 3), axis=0)
    # (200, 100, 100) of Display P3 by the matrices of its primaries and of sRGB's
    assert np.abs(wide - [215, 94, 97]).max() <= 2


def test_numbers_that_make_no_color_are_ignored() -> None:
    for corners in (bytes(32), struct.pack(">8I", *(31_270, 32_900) * 4)):
        found = load_image(png(FLAT, LINEAR, ("cHRM", corners)))
        assert (found == LEVEL).all() or np.abs(found.astype(int) - in_srgb(1)).max() <= 2


def test_a_transparent_value_of_deep_gray_is_as_in_eight_bits() -> None:
    key = ("tRNS", struct.pack(">H", 0))
    shallow, deep = (load_image(png(gray(depth), key)) for depth in (8, 16))
    assert np.abs(shallow.astype(int) - deep).max() <= 1
    assert (deep[:, 0] == 255).all()
    almost = gray(16)
    almost[almost == 0] = 1  # its upper byte is that of the transparent value
    assert (load_image(png(almost, key))[:, 0] == 0).all()

"""Scanpaths on a picture."""

from __future__ import annotations

import numpy as np

from salmap.render import draw_scanpaths
from salmap.render.blend import muted
from salmap.scanpaths import Scanpath

GRAY = np.full((300, 400, 3), 128, np.uint8)


def path(*places: tuple[float, float, float]) -> Scanpath:
    x, y, lasted = np.array(places, np.float64).T
    return Scanpath(x, y, np.arange(len(x)) * 0.3, lasted)


def changed(drawn: np.ndarray) -> np.ndarray:
    return np.abs(drawn.astype(int) - muted(GRAY)).max(2)


def test_many_are_a_thin_pale_cloud():
    drawn = changed(draw_scanpaths(GRAY, [path((50, 100, 0.2), (350, 100, 0.2))]))
    rows, columns = np.nonzero(drawn)
    assert 98 <= rows.min() <= rows.max() <= 102
    assert columns.min() < 52
    assert columns.max() > 348
    twice = draw_scanpaths(GRAY, [path((50, 100, 0.2), (350, 100, 0.2))], path((200, 100, 0.2)))
    assert changed(twice).max() > drawn.max()


def test_the_typical_one_has_larger_discs_for_longer_fixations():
    drawn = changed(draw_scanpaths(GRAY, [], path((80, 80, 0.15), (300, 220, 0.6)))) > 0
    short, long = drawn[40:120, 40:80].sum(), drawn[180:260, 300:340].sum()
    assert long > 1.5 * short > 0
    assert drawn[150, 190], "a line between"
    assert not drawn[260, 80]


def test_none_leave_the_picture_pale():
    np.testing.assert_array_equal(draw_scanpaths(GRAY, []), muted(GRAY))

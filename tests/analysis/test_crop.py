"""Smart crop: the best window, found by trying all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salmap.analysis.crop import COMMON_RATIOS, best_crop, crop_size, parse_ratio
from salmap.areas import Area
from salmap.errors import AreaError


@given(st.integers(0, 99), st.integers(1, 12), st.integers(1, 17))
def test_no_other_window_keeps_more(seed, rows, columns):
    density = np.random.default_rng(seed).random((12, 17)) ** 3
    crop = best_crop(density, (rows, columns))
    left, top, right, bottom = crop.box
    assert (bottom - top, right - left) == (rows, columns)
    kept = [
        density[y : y + rows, x : x + columns].sum() / density.sum()
        for y in range(13 - rows)
        for x in range(18 - columns)
    ]
    assert crop.share == pytest.approx(max(kept))
    assert crop.share == pytest.approx(density[top:bottom, left:right].sum() / density.sum())


def test_of_equal_windows_the_middle_one_is_taken():
    assert best_crop(np.ones((10, 20)), (10, 10)).box == (5, 0, 15, 10)


def test_areas_to_keep_stay_in():
    density = np.zeros((10, 30))
    density[5, 2] = 1
    assert best_crop(density, (10, 10)).share == 1
    crop = best_crop(density, (10, 10), [Area.box("logo", 20, 2, 28, 6)])
    assert crop.box[0] <= 20 and crop.box[2] >= 28 and crop.share == 0


def test_what_can_not_stay_in_is_named():
    far = [Area.box("logo", 0, 0, 5, 5), Area.box("price", 25, 0, 30, 5)]
    with pytest.raises(AreaError, match="logo, price"):
        best_crop(np.ones((10, 30)), (10, 10), far)
    with pytest.raises(AreaError, match="40 x 10"):
        best_crop(np.ones((10, 30)), (10, 40))


@pytest.mark.parametrize("text", COMMON_RATIOS)
@pytest.mark.parametrize("size", [(600, 800), (800, 600), (1, 900), (500, 500)])
def test_a_part_of_a_ratio_is_as_large_as_it_can_be(text, size):
    ratio = parse_ratio(text)
    height, width = crop_size(size, ratio)
    assert height <= size[0] and width <= size[1] and (height == size[0] or width == size[1])
    if min(height, width) > 100:
        assert width / height == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize("text", ["", "4", "4:0", "-1:2", "wide", "1:1000", "4:5:6"])
def test_shapes_that_are_none_are_refused(text):
    with pytest.raises(AreaError, match="width:height"):
        parse_ratio(text)


def test_a_face_lies_inside_or_outside():
    density = np.zeros((10, 30))
    density[5, 12] = 1
    density[5, 25] = 0.1
    face = Area.box("face", 8, 2, 14, 6)
    crop = best_crop(density, (10, 16), whole=[face])
    assert (crop.box[0] <= 8, crop.cuts) == (True, False)
    assert best_crop(density, (10, 16)).box[0] > 8
    assert best_crop(density, (10, 3), whole=[face]).share == pytest.approx(0.1 / 1.1)


def test_where_every_part_cuts_a_face_it_is_said():
    crop = best_crop(np.ones((10, 30)), (10, 10), whole=[Area.box("face", 2, 2, 28, 6)])
    assert crop.cuts and crop.box == (10, 0, 20, 10)

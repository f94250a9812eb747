"""The size at which a network is shown a picture, and resizing to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salmap.errors import ImageError
from salmap.pictures import (
    fit_size,
    resize,
)
from tests.pictures.making import photo


def test_fit_size():
    assert fit_size((600, 800), 592, 16) == (448, 592)
    assert fit_size((800, 600), 592, 16) == (592, 448)
    assert fit_size((768, 1024), 512, 32) == (384, 512)
    assert fit_size((1, 1), 512, 32) == (512, 512)
    assert fit_size((1, 50_000_000), 512, 32) == (32, 512)
    assert fit_size((100, 100), 5, 32) == (32, 32)
    for bad in [((0, 5), 512, 32), ((5, 5), 0, 32), ((5, 5), 512, 0)]:
        with pytest.raises(ImageError, match="at least 1"):
            fit_size(*bad)


@given(
    height=st.integers(1, 10_000),
    width=st.integers(1, 10_000),
    long_side=st.integers(1, 2_000),
    multiple=st.sampled_from([1, 4, 14, 16, 32]),
)
def test_fit_size_keeps_multiples_and_proportion(height, width, long_side, multiple):
    fitted = fit_size((height, width), long_side, multiple)
    assert all(side % multiple == 0 and side >= multiple for side in fitted)
    assert max(fitted) == max(multiple, math.floor(long_side / multiple + 0.5) * multiple)
    assert (fitted[0] >= fitted[1]) == (height >= width) or fitted[0] == fitted[1]
    exact = min(height, width) * max(fitted) / max(height, width)
    assert min(fitted) == multiple or abs(min(fitted) - exact) <= multiple / 2 + 1e-6


@pytest.mark.parametrize("size", [(24, 32), (96, 128), (24, 128), (96, 32), (1, 1), (48, 64)])
def test_resize_keeps_type_and_mean(size):
    pixels = photo()
    before = pixels.copy()
    resized = resize(pixels, size)
    assert resized.shape == (*size, 3)
    assert resized.dtype == np.uint8
    assert np.allclose(resized.mean((0, 1)), pixels.mean((0, 1)), atol=1.5)
    assert np.array_equal(pixels, before)
    assert not np.shares_memory(resized, pixels)


def test_resize_averages_when_shrinking_and_clips_when_growing():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    board = np.repeat(board[..., None], 3, axis=2)
    assert np.abs(resize(board, (16, 16)).astype(int) - 128).max() <= 1  # no aliasing
    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    grown = resize(edge, (8, 64))
    assert (np.diff(grown[4, 30:34, 0].astype(int)) > 0).all()  # smooth, no steps
    assert grown[:, :20].max() == 0  # overshoot neither wraps round nor rings far
    assert grown[:, -20:].min() == 255


def test_resize_of_one_row():
    assert resize(photo(1, 5000), (4, 512)).shape == (4, 512, 3)
    assert resize(photo(5000, 1), (512, 4)).shape == (512, 4, 3)

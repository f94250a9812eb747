"""Scanpaths drawn from what a model expects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from salmap.errors import TimingError
from salmap.moves import INDEPENDENT
from salmap.prediction import GridPrediction, Prediction
from salmap.scanpaths import APART, sample
from salmap.screens import Screens
from salmap.timing import EDGES_S, FIRST_S, SACCADE_S
from tests.test_timing import GRID, timing

SIZE = (240, 360)


def prediction(**changes) -> Prediction:
    found = {"grid": GRID, "timing": timing()} | changes
    return GridPrediction(**found).full(SIZE, "test")


def test_fixations_follow_one_another_inside_picture_and_time():
    paths = prediction().scanpaths(30, seconds=1.7)
    assert len(paths) == 30
    for one in paths:
        assert one.start_s[0] == FIRST_S
        np.testing.assert_allclose(np.diff(one.start_s), one.duration_s[:-1] + SACCADE_S)
        assert one.start_s[-1] + one.duration_s[-1] <= 1.7
        assert one.x_px.min() >= -0.5
        assert one.y_px.min() >= -0.5
        assert one.x_px.max() <= SIZE[1] - 0.5
        assert one.y_px.max() <= SIZE[0] - 0.5


def test_a_seed_gives_the_same_scanpaths_and_another_one_others():
    one, same, other = (prediction().scanpaths(2, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one[1].x_px, same[1].x_px)
    assert not np.array_equal(one[0].x_px, other[0].x_px)


def test_fixations_fall_where_the_density_of_their_moment_is():
    left, right = np.full((2, 6, 8), -30, np.float32)
    left[:, :4] = right[:, 4:] = 0
    for one in sample(
        [left, right, left, right], INDEPENDENT, SIZE, 20, 3, np.random.default_rng(0)
    ):
        expected = np.searchsorted(EDGES_S[1:], one.start_s) % 2
        np.testing.assert_array_equal(one.x_px > 179.5, expected)


def test_eyes_that_hate_to_come_back_go_farther():
    pulls = np.zeros_like(INDEPENDENT.pulls)
    pulls[:, :4] = -4
    flat = [np.zeros((24, 36), np.float32)] * 4

    def shortest(moves):
        found = sample(flat, moves, SIZE, 40, 3, np.random.default_rng(0))
        return np.median([np.hypot(*np.diff([one.x_px, one.y_px])).min() for one in found])

    assert shortest(replace(INDEPENDENT, pulls=pulls)) > 1.3 * shortest(INDEPENDENT)


def test_the_typical_scanpath_goes_to_what_is_most_likely_and_never_comes_back():
    found = prediction().typical_scanpath()
    row, column = np.unravel_index(GRID.argmax(), GRID.shape)
    assert found.x_px[0] == pytest.approx((column + 0.5) * 10 - 0.5)
    assert found.y_px[0] == pytest.approx((row + 0.5) * 10 - 0.5)
    assert len(found) == 10  # of 0.25 s with 0.05 s between, from 0.28 to 3 s
    places = np.array([found.x_px, found.y_px]).T
    apart = np.linalg.norm(places[:, None] - places, axis=2)
    assert apart[~np.eye(10, dtype=bool)].min() >= APART * SIZE[1]


@pytest.mark.parametrize("seconds", [0, 0.2, 3.5])
def test_times_without_fixations_are_refused(seconds):
    with pytest.raises(TimingError, match="at most 3 s"):
        prediction().scanpaths(seconds=seconds)
    with pytest.raises(TimingError, match="at most 3 s"):
        prediction().typical_scanpath(seconds)


def test_what_is_not_known_is_refused():
    with pytest.raises(TimingError, match="at least one scanpath"):
        prediction().scanpaths(0)
    with pytest.raises(TimingError, match="does not know when"):
        prediction(timing=None).scanpaths()
    with pytest.raises(TimingError, match="screen by screen"):
        prediction(screens=Screens(SIZE, 100)).scanpaths()
    for unlike in ({"unfamiliarity": 1.2}, {"content": "page"}):
        with pytest.raises(TimingError, match="unlike the photographs"):
            prediction(**unlike).typical_scanpath()
    with pytest.raises(TimingError, match="says nothing about other moments"):
        prediction().until(1).scanpaths()

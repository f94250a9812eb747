"""Fixations: the pixel grid, and copies of other sizes."""

from __future__ import annotations

import numpy as np
import pytest

from salmap.errors import FixationsError
from salmap.types import UNKNOWN_VIEWER, Fixations


def test_the_borders_of_a_picture_stay_its_borders_when_it_is_scaled():
    corners = Fixations([-0.5, 79.5], [-0.5, 59.5], [3, 4], [0, 1])
    scaled = corners.scaled((60, 80), (15, 200))
    np.testing.assert_allclose(scaled.x, [-0.5, 199.5])
    np.testing.assert_allclose(scaled.y, [-0.5, 14.5])
    assert scaled.viewer.tolist() == [3, 4]
    assert scaled.order.tolist() == [0, 1]


def test_the_center_of_a_large_pixel_is_between_the_four_it_becomes():
    scaled = Fixations([0.0, 1.0], [0.0, 1.0], [0, 0], [0, 1]).scaled((2, 2), (4, 4))
    np.testing.assert_allclose(scaled.x, [0.5, 2.5])
    np.testing.assert_allclose(scaled.y, [0.5, 2.5])


def test_a_copy_of_the_same_size_moves_no_pixel():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 640, 1000) - 0.5, rng.integers(0, 427, 1000) - 0.5
    fixations = Fixations.of_unknown_viewers(x, y)
    scaled = fixations.scaled((427, 640), (427, 640))
    np.testing.assert_array_equal(scaled.x, x)
    np.testing.assert_array_equal(scaled.y, y)


def test_fixations_of_several_pictures_are_each_scaled_from_their_own():
    both = Fixations([9.0, 9.0], [4.0, 4.0], [0, 1], [0, 0])
    sizes = np.array([5, 10]), np.array([10, 20])
    scaled = both.scaled(sizes, (10, 20))
    np.testing.assert_allclose(scaled.x, [18.5, 9.0])
    np.testing.assert_allclose(scaled.y, [8.5, 4.0])


def test_only_known_viewers_are_counted():
    assert Fixations([0, 1, 2], [0, 1, 2], [5, UNKNOWN_VIEWER, 5], [0, 0, 1]).viewers == {5}
    assert Fixations.of_unknown_viewers([1.0], [2.0]).viewers == set()


def test_coordinates_must_be_numbers_and_of_one_length():
    with pytest.raises(FixationsError, match="finite"):
        Fixations.of_unknown_viewers([np.nan], [1.0])
    with pytest.raises(FixationsError, match="same length"):
        Fixations.of_unknown_viewers([1.0, 2.0], [1.0])

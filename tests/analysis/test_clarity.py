"""Clarity: entropy, the area that holds half of attention, and in how many places."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from salmap.analysis.clarity import Clarity, clarity, rank_among_validation_pictures
from salmap.density import blur
from salmap.screens import screens_of


def spots(*places: tuple[int, int], size: tuple[int, int] = (120, 160)) -> np.ndarray:
    density = np.zeros(size)
    for y, x in places:
        density[y, x] = 1
    return blur(density / density.sum(), 6)


def test_entropy_is_shannons():
    density = spots((40, 40), (80, 120))
    found = clarity(density)
    assert found.entropy_bits == pytest.approx(scipy.stats.entropy(density.ravel(), base=2))


def test_a_density_that_is_the_same_everywhere_gathers_nothing():
    found = clarity(np.ones((64, 64)))
    assert found.entropy_bits == pytest.approx(12)
    assert found.concentration_bits == pytest.approx(0)
    assert found.half_area == pytest.approx(0.5)
    assert found.places is None


def test_half_the_area_is_one_bit_more():
    density = np.ones((64, 64))
    density[:, 32:] = 0
    assert clarity(density).concentration_bits == pytest.approx(1)


def test_places_count_until_half_is_held():
    assert clarity(spots((60, 80))).places == 1
    assert clarity(spots((30, 40), (30, 120), (90, 40), (90, 120))).places == 4


def test_concentration_does_not_depend_on_the_size():
    small = spots((60, 80))
    large = np.kron(small, np.ones((3, 3)))
    assert clarity(large).concentration_bits == pytest.approx(clarity(small).concentration_bits)


def test_a_picture_is_ranked_among_validation_pictures_of_each_kind():
    low, middle, high = (
        rank_among_validation_pictures(Clarity(9.0, bits, 0.1, 2), "lite")
        for bits in (0.0, 2.0, 99.0)
    )
    assert set(low.values()) == {0.0}
    assert set(high.values()) == {1.0}
    assert low.keys() == high.keys() >= {"photos of crowds", "photos of places"}
    assert all(0 < share < 1 for share in middle.values())


def test_other_models_and_pictures_seen_in_parts_have_no_rank():
    found = Clarity(9.0, 2.0, 0.1, 2)
    assert rank_among_validation_pictures(found, "my-own") == {}
    assert rank_among_validation_pictures(found, "lite", screens_of((900, 100))) == {}

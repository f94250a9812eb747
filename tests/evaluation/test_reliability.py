"""Reliability where the truth is known: fixations drawn from a density, or from another."""

from __future__ import annotations

import numpy as np
import pytest

from salmap.density import log_normalize
from salmap.errors import FixationsError
from salmap.evaluation.reliability import GROUPS, LEVELS, group_keys, measure, region_key
from salmap.types import Fixations

SIZE = (30, 40)
FIXATIONS = 20_000


def smooth_log_density(seed=0):
    y, x = np.indices(SIZE)
    rng = np.random.default_rng(seed)
    bumps = (np.exp(-((y - b) ** 2 + (x - a) ** 2) / 40) for a, b in rng.uniform(5, 25, (3, 2)))
    return log_normalize(6 * sum(bumps))


def drawn_from(log_density, power=1.0, count=FIXATIONS):
    """Fixations of the density to this power: above 1, viewers agree more than it says."""
    chance = np.exp(power * log_density.astype(float)).ravel()
    places = np.random.default_rng(1).choice(chance.size, count, p=chance / chance.sum())
    rows, columns = np.unravel_index(places, SIZE)
    nobody = np.zeros(count, int)
    return Fixations(columns, rows, nobody, nobody)


def regions(log_density, fixations):
    found = measure(log_density, fixations)
    return np.array([found[region_key(level)] for level in LEVELS])


def test_looks_drawn_from_the_density_itself_fall_where_it_says():
    log_density = smooth_log_density()
    found = measure(log_density, drawn_from(log_density))
    np.testing.assert_allclose([found[region_key(q)] for q in LEVELS], LEVELS, atol=0.015)
    said, looked = np.array([[found[k] for k in group_keys(g)] for g in range(GROUPS)]).T
    np.testing.assert_allclose(looked, said, atol=0.015)
    assert said.sum() == pytest.approx(1) and looked.sum() == pytest.approx(1)
    assert (np.diff(said) >= 0).all()


@pytest.mark.parametrize(("power", "sign"), [(2.0, 1), (0.5, -1)])
def test_a_density_too_flat_holds_more_than_it_says_and_one_too_sure_less(power, sign):
    log_density = smooth_log_density()
    off = regions(log_density, drawn_from(log_density, power)) - LEVELS
    assert (sign * off > 0).all()
    assert (sign * off).max() > 0.1


def test_the_region_is_the_smallest_set_of_pixels_of_its_mass():
    with np.errstate(divide="ignore"):
        log_density = np.log(np.array([[0.4, 0.3, 0.2, 0.1, 0.0]]))
    one_each = Fixations(np.arange(5), np.zeros(5), np.zeros(5), np.zeros(5))
    found = measure(log_density, one_each)
    # said to hold 0.5: all of the first pixel, a third of the second
    assert found[region_key(0.5)] == pytest.approx((1 + 1 / 3) / 5)
    assert found[region_key(0.9)] == pytest.approx(3 / 5)
    # half a pixel to each group
    assert [found[group_keys(g)[0]] for g in (0, 2, 9)] == pytest.approx([0, 0.05, 0.2])
    assert [found[group_keys(g)[1]] for g in range(GROUPS)] == pytest.approx([0.1] * GROUPS)


def test_pixels_that_are_alike_share_what_they_hold():
    uniform = log_normalize(np.zeros(SIZE))
    corner = Fixations([0.0], [0.0], [0], [0])
    np.testing.assert_allclose(regions(uniform, corner), LEVELS, atol=1e-6)


def test_without_fixations_nothing_is_said():
    with pytest.raises(FixationsError, match="No fixation"):
        measure(smooth_log_density(), Fixations([99.0], [0.0], [0], [0]))

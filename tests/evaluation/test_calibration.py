"""Calibration: a known function of a map, found again from fixations drawn from it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from salmap import metrics
from salmap.density import log_normalize
from salmap.errors import DatasetError
from salmap.evaluation import calibration
from salmap.evaluation.baseline import Baseline
from salmap.evaluation.calibration import cross_validate
from salmap.types import Fixations
from tests.train import eyes

SIZE = (40, 50)
BASELINE = Baseline(
    log_normalize(-0.5 * (np.hypot(*np.meshgrid(*[np.linspace(-2, 2, 16)] * 2)) ** 2)), ""
)


def drawn(count=12, fixations=80, seed=0):
    """Maps, and truths whose fixations follow a steep function of them and the center bias."""
    rng = np.random.default_rng(seed)
    maps, truths, densities = [], [], []
    for i in range(count):
        values = gaussian_filter(rng.normal(0, 1, SIZE), 3)
        values = (values - values.min()) / np.ptp(values)
        log_density = log_normalize(7 * values**2 + 0.5 * BASELINE.log_density(SIZE))
        density = np.exp(log_density.astype(float)).ravel()
        places = rng.choice(density.size, fixations, p=density / density.sum())
        rows, columns = np.unravel_index(places, SIZE)
        nobody = np.zeros(fixations, int)
        fixated = Fixations(columns, rows, nobody, nobody)
        truths.append(dataclasses.replace(eyes.truths(1)[0], index=i, size=SIZE, fixations=fixated))
        maps.append(values)
        densities.append(log_density)
    return maps, truths, densities


def gain(log_densities, truths):
    prior = BASELINE.log_density(SIZE)
    pairs = zip(log_densities, truths, strict=True)
    return np.mean([metrics.information_gain(p, prior, t.fixations) for p, t in pairs])


def calibrate(maps, truths):
    return cross_validate(lambda truth: maps[truth.index], truths, BASELINE)


@pytest.fixture(scope="module", autouse=True)
def few_pixels():
    """Each fit in a quarter of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "PIXELS", 500)
        yield


@pytest.fixture(scope="module")
def scene(few_pixels):
    """Maps, truths, true log densities, and the calibrations of the maps."""
    maps, truths, densities = drawn()
    return maps, truths, densities, calibrate(maps, truths)


def test_it_wins_nearly_all_that_the_true_density_has(scene):
    maps, truths, densities, calibrations = scene
    prior = BASELINE.log_density(SIZE)
    found = [c.log_density(m, prior) for c, m in zip(calibrations, maps, strict=True)]
    plain = [np.log(m / m.sum() + 1e-9) for m in maps]
    assert gain(densities, truths) - 0.12 < gain(found, truths) <= gain(densities, truths) + 0.02
    assert gain(found, truths) > gain([log_normalize(p) for p in plain], truths) + 0.2


def test_it_is_monotone_and_blind_to_the_scale_of_the_maps(scene):
    maps, truths, _, once = scene
    prior = np.zeros(SIZE)
    scaled = calibrate([255 * m + 3 for m in maps], truths)
    for a, b, values in zip(once, scaled, maps, strict=True):
        assert (a.rises >= 0).all()
        assert a.center_bias >= 0
        order = np.argsort(values.ravel())
        assert (np.diff(a.log_density(values, prior).ravel()[order]) >= -1e-6).all()
        np.testing.assert_allclose(
            a.log_density(values, prior), b.log_density(255 * values + 3, prior), atol=0.05
        )


def test_a_picture_has_no_say_in_its_own_calibration(scene):
    maps, truths, _, calibrations = scene
    before = calibrations[0]
    corner = Fixations(np.zeros(80), np.zeros(80), np.zeros(80), np.zeros(80))
    other = [dataclasses.replace(truths[0], fixations=corner), *truths[1:]]
    after = calibrate(maps, other)
    np.testing.assert_array_equal(after[0].rises, before.rises)
    assert any(not np.array_equal(c.rises, before.rises) for c in after[1:])


def test_maps_that_say_nothing_leave_the_center_bias(scene):
    maps, truths, *_ = scene
    prior = BASELINE.log_density(SIZE)
    constant = [np.ones(SIZE) for _ in maps]
    calibrations = calibrate(constant, truths)
    found = [c.log_density(m, prior) for c, m in zip(calibrations, constant, strict=True)]
    assert -0.1 < gain(found, truths) < 0.5
    assert np.ptp(found[0] - calibrations[0].center_bias * prior) < 1e-4


def test_one_picture_is_too_few():
    maps, truths, _ = drawn(count=1)
    with pytest.raises(DatasetError, match="at least two"):
        calibrate(maps, truths)

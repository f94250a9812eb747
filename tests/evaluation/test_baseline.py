"""The center bias that information gain is measured from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from salmap.density import log_normalize
from salmap.errors import DensityError, FixationsError
from salmap.evaluation.baseline import BANDWIDTHS, fit_baseline, read_baseline
from salmap.types import Fixations
from tests.train import eyes


def stimuli(count, spread, seed=0):
    """Pictures whose viewers look around the middle, or around the middles of the four sides."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        x, y = (rng.normal(0.5, spread, (2, 40)).clip(0, 0.99) * 100).round()
        nobody = np.zeros(len(x), int)
        found.append((Fixations(x, y, nobody, nobody), (100, 100)))
    return found


def test_the_bandwidth_follows_the_data():
    few, many = fit_baseline(stimuli(6, 0.2), "few"), fit_baseline(stimuli(120, 0.05), "many")
    assert few.bandwidth > many.bandwidth
    assert {few.bandwidth, many.bandwidth} <= set(BANDWIDTHS)


def test_it_predicts_new_pictures_better_than_any_bandwidth_that_was_not_chosen(monkeypatch):
    training, fresh = stimuli(20, 0.1), stimuli(200, 0.1, seed=1)

    def likelihood(baseline):
        log_density = baseline.log_density((100, 100))
        return np.mean([log_density[f.pixels()].mean() for f, _ in fresh])

    chosen = fit_baseline(training, "")
    for far in (BANDWIDTHS[0], BANDWIDTHS[-1]):
        monkeypatch.setattr("salmap.evaluation.baseline.BANDWIDTHS", (far,))
        assert likelihood(fit_baseline(training, "")) < likelihood(chosen)


def test_it_stretches_to_any_picture_as_a_log_density():
    baseline = fit_baseline(stimuli(6, 0.2), "")
    for size in [(48, 64), (300, 200), (7, 5)]:
        log_density = baseline.log_density(size)
        assert log_density.shape == size
        assert logsumexp(log_density.astype(float)) == pytest.approx(0, abs=1e-5)
    assert baseline.log_density((50, 50))[25, 25] > baseline.log_density((50, 50))[0, 0] + 1


def test_pictures_without_fixations_are_passed_over_but_two_must_have_some():
    nobody = eyes.gaze(np.random.default_rng(0), (48, 64)).select(np.zeros(0, int))
    fit_baseline([*stimuli(2, 0.2), (nobody, (48, 64))], "")
    with pytest.raises(FixationsError, match="two pictures"):
        fit_baseline([*stimuli(1, 0.2), (nobody, (48, 64))], "")


def test_a_density_or_log_density_can_be_read_from_a_file(tmp_path):
    log_density = log_normalize(np.random.default_rng(0).normal(0, 1, (6, 8)))
    np.save(tmp_path / "log.npy", log_density)
    np.save(tmp_path / "plain.npy", 7 * np.exp(log_density))
    for name in ("log.npy", "plain.npy"):
        read = read_baseline(tmp_path / name)
        np.testing.assert_allclose(read.grid, log_density, atol=1e-5)
        assert read.source.endswith(name)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.array([[0.0, 1.0]]), "the probability 0"),
        (np.array([[np.nan, 1.0]]), "NaN"),
        (np.ones(3), "shape"),
        (np.array([["a"]]), "no numbers"),
        (np.array([[{}]]), "can't be read"),
    ],
)
def test_what_is_no_density_is_refused_with_the_name_of_the_file(tmp_path, values, message):
    np.save(tmp_path / "bad.npy", values)
    with pytest.raises(DensityError, match=message) as caught:
        read_baseline(tmp_path / "bad.npy")
    assert "bad.npy" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DensityError, match="nowhere"):
        read_baseline(tmp_path / "nowhere.npy")

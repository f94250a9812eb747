"""The scores of one picture."""

from __future__ import annotations

import numpy as np
import pytest

from salmap import metrics
from salmap.density import fixation_density, log_normalize
from salmap.errors import DensityError
from salmap.evaluation.baseline import fit_baseline
from salmap.evaluation.truths import Nonfixations
from salmap.fixations.scoring import PictureScorer
from salmap.metrics import METRICS
from tests.train import eyes


@pytest.fixture(scope="module")
def truths():
    return eyes.truths(5)


def log_densities(truths, seed=0):
    rng = np.random.default_rng(seed)
    return [log_normalize(rng.normal(0, 1, t.size)) for t in truths]


def test_a_picture_gets_all_seven_scores(truths):
    baseline = fit_baseline([(t.fixations, t.size) for t in truths], "")
    log_density = log_densities(truths)[0]
    prior, others = baseline.log_density(truths[0].size), Nonfixations(truths).of(0)
    density, fixations = np.exp(log_density), truths[0].fixations
    empirical = fixation_density(fixations, truths[0].size, 3.0)
    scorer = PictureScorer(truths[0], metrics.LogDensity(prior), others)
    scores = scorer.score_density(metrics.LogDensity(log_density))
    expected = {
        "ig": metrics.information_gain(log_density, prior, fixations),
        "nss": metrics.nss(density, fixations),
        "auc": metrics.auc_judd(density, fixations),
        "sauc": metrics.shuffled_auc(density, fixations, others),
        "cc": metrics.cc(density, empirical),
        "sim": metrics.sim(density, empirical),
        "kl": metrics.kl_divergence(empirical, density),
    }
    assert scores == pytest.approx(expected, rel=1e-6)
    assert list(scores) == list(METRICS)


def test_a_map_that_is_no_density_has_no_information_gain_and_a_wrong_size_is_refused(truths):
    scorer = PictureScorer(
        truths[0], metrics.LogDensity(log_densities(truths)[0]), truths[1].fixations
    )
    scores = scorer.score(np.random.default_rng(0).random(truths[0].size), None)
    assert [key for key, value in scores.items() if np.isnan(value)] == ["ig"]
    assert list(scorer.score(np.ones(truths[0].size), None, ("nss", "cc"))) == ["nss", "cc"]
    with pytest.raises(DensityError, match="same size"):
        scorer.score(np.ones((3, 3)), metrics.LogDensity(log_densities(truths)[1]))

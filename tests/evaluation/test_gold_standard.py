"""The gold standard against densities drawn pixel by pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.special import logsumexp

from salmap import metrics
from salmap.errors import FixationsError
from salmap.evaluation import gold_standard
from salmap.evaluation.baseline import fit_baseline
from salmap.evaluation.gold_standard import GoldStandard
from salmap.evaluation.truths import Nonfixations
from salmap.types import Fixations
from tests.train import eyes

GOLD = GoldStandard(bandwidth=0.05, viewers=0.7, center_bias=0.2, uniform=0.1)


@pytest.fixture(scope="module")
def truths():
    return eyes.truths(6)


@pytest.fixture(scope="module")
def baseline(truths):
    return fit_baseline([(t.fixations, t.size) for t in truths], "")


def drawn(gold, truth, baseline, viewer):
    """The log density that the others predict of a viewer, summed kernel by kernel."""
    others = truth.fixations.select(truth.fixations.viewer != viewer)
    sigma = gold.bandwidth * max(truth.size)
    rows, columns = np.indices(truth.size)
    density = np.zeros(truth.size)
    for x, y in zip(others.x, others.y, strict=True):
        density += np.exp(((rows - y) ** 2 + (columns - x) ** 2) / (-2 * sigma**2))
    parts = [density / density.sum(), np.exp(baseline.log_density(truth.size).astype(float))]
    mixed = gold.viewers * parts[0] + gold.center_bias * parts[1] + gold.uniform / density.size
    assert logsumexp(np.log(mixed)) == pytest.approx(0, abs=1e-6)
    return np.log(mixed)


def average(truth, score):
    """The mean over fixations of a score of each viewer's fixations."""
    viewers = truth.fixations.viewer
    total = 0.0
    for viewer in np.unique(viewers):
        own = truth.fixations.select(viewers == viewer)
        total += len(own) * score(viewer, own)
    return total / len(viewers)


@pytest.mark.parametrize("place", range(4))
def test_scores_are_those_of_the_drawn_densities(truths, baseline, place):
    truth, nonfixations = truths[place], Nonfixations(truths).of(place)
    maps = {v: drawn(GOLD, truth, baseline, v) for v in np.unique(truth.fixations.viewer)}
    prior = baseline.log_density(truth.size).astype(float)
    found = gold_standard.score(GOLD, truth, baseline, nonfixations)
    assert found["ig"] == pytest.approx(
        average(truth, lambda v, own: metrics.information_gain(maps[v], prior, own)), abs=1e-3
    )
    assert found["nss"] == pytest.approx(
        average(truth, lambda v, own: metrics.nss(np.exp(maps[v]), own)), rel=1e-5
    )
    assert found["auc"] == pytest.approx(
        average(truth, lambda v, own: metrics.auc_judd(maps[v], own)), abs=1e-4
    )
    assert found["sauc"] == pytest.approx(
        average(truth, lambda v, own: metrics.shuffled_auc(maps[v], own, nonfixations)), abs=1e-4
    )
    assert np.isnan([found["cc"], found["sim"], found["kl"]]).all()


def test_a_coarse_grid_changes_the_scores_little(monkeypatch):
    truths = eyes.truths(2, sizes=[(240, 320)])
    baseline = fit_baseline([(t.fixations, t.size) for t in truths], "")
    nonfixations = Nonfixations(truths).of(0)
    coarse = gold_standard.score(GOLD, truths[0], baseline, nonfixations)
    monkeypatch.setattr(gold_standard, "CELLS_PER_BANDWIDTH", 1000)
    fine = gold_standard.score(GOLD, truths[0], baseline, nonfixations)
    assert coarse["ig"] == fine["ig"]
    assert coarse["nss"] == pytest.approx(fine["nss"], rel=0.03)
    assert coarse["auc"] == pytest.approx(fine["auc"], abs=0.005)
    assert coarse["sauc"] == pytest.approx(fine["sauc"], abs=0.01)
    assert coarse["nss"] != fine["nss"]


def test_the_tuned_parameters_are_the_most_likely_ones(truths, baseline):
    gold = gold_standard.tune(truths, baseline)
    assert gold.weights.sum() == pytest.approx(1)
    assert (gold.weights >= 0).all()

    def likelihood(candidate):
        nobody = Nonfixations(truths)
        scores = [
            gold_standard.score(candidate, t, baseline, nobody.of(i)) for i, t in enumerate(truths)
        ]
        return np.mean([s["ig"] for s in scores])

    best = likelihood(gold)
    for factor in (0.6, 1.7):
        assert likelihood(dataclasses.replace(gold, bandwidth=gold.bandwidth * factor)) < best
    for moved in (-0.15, 0.05):
        other = dataclasses.replace(
            gold, viewers=gold.viewers + moved, center_bias=gold.center_bias - moved
        )
        assert likelihood(other) < best + 1e-6


def test_viewers_count_the_less_the_less_they_agree():
    weights = []
    for agree in (0.9, 0.0):
        truths = eyes.truths(12, agree=agree)
        baseline = fit_baseline([(t.fixations, t.size) for t in truths], "")
        weights.append(gold_standard.tune(truths, baseline).viewers)
    assert weights[0] > 0.7
    assert weights[1] < 0.4


def test_nobody_predicts_himself():
    corners = Fixations(
        np.array([2.0, 2, 2, 60, 60, 60]),
        np.array([2.0, 2, 2, 44, 44, 44]),
        np.repeat([0, 1], 3),
        np.tile(np.arange(3), 2),
    )
    truth = dataclasses.replace(eyes.truths(1)[0], fixations=corners)
    baseline = fit_baseline([(t.fixations, t.size) for t in eyes.truths(4)], "")
    sure = GoldStandard(bandwidth=0.05, viewers=0.98, center_bias=0.01, uniform=0.01)
    scores = gold_standard.score(sure, truth, baseline, corners)
    assert scores["ig"] < 0
    assert scores["nss"] < 0
    assert scores["auc"] < 0.5


def test_kernels_are_cut_off_at_the_edge_of_the_picture(baseline):
    """Two viewers in one corner: three quarters of each kernel lie outside and are given back."""
    corner = Fixations(np.zeros(2), np.zeros(2), np.arange(2), np.zeros(2, int))
    truth = dataclasses.replace(eyes.truths(1)[0], fixations=corner)
    gold = GoldStandard(0.05, 1.0, 0.0, 0.0)
    expected = metrics.information_gain(
        drawn(gold, truth, baseline, 0),
        baseline.log_density(truth.size).astype(float),
        corner.select(np.array([0])),
    )
    assert gold_standard.score(gold, truth, baseline, corner)["ig"] == pytest.approx(
        expected, abs=0.02
    )


def test_viewers_must_be_known(truths, baseline):
    unknown = []
    for truth in truths:
        f = truth.fixations
        nobody = Fixations(f.x, f.y, np.full(len(f), -1), f.order)
        unknown.append(dataclasses.replace(truth, fixations=nobody))
    with pytest.raises(FixationsError, match="who looked where"):
        gold_standard.tune(unknown, baseline)
    with pytest.raises(FixationsError, match="two known viewers"):
        gold_standard.score(GOLD, unknown[0], baseline, truths[0].fixations)
    alone = truths[0].fixations.select(truths[0].fixations.viewer == 0)
    assert not gold_standard.has_viewers(dataclasses.replace(truths[0], fixations=alone))

"""Truths, nonfixations and the scores of a picture."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from salmap import metrics
from salmap.density import fixation_density, log_normalize
from salmap.errors import DatasetError, DensityError, FixationsError
from salmap.evaluation.baseline import fit_baseline
from salmap.evaluation.scoring import (
    METRICS,
    Nonfixations,
    PictureScorer,
    mean_scores,
    read_truth,
    read_truths,
)
from salmap.types import Fixations
from tests import pysaliency_oracle as oracle
from tests.train import eyes


@pytest.fixture(scope="module")
def truths():
    return eyes.truths(5)


@pytest.fixture
def dataset(tmp_path):
    return eyes.dataset(tmp_path)


def log_densities(truths, seed=0):
    rng = np.random.default_rng(seed)
    return [log_normalize(rng.normal(0, 1, t.size)) for t in truths]


def test_nonfixations_are_those_that_pysaliency_takes(truths):
    stimuli = oracle.stimuli_of([t.size for t in truths])
    fixations = oracle.fixations_of([t.fixations for t in truths])
    provider = oracle.pysaliency.saliency_map_models.FullShuffledNonfixationProvider(
        stimuli, fixations
    )
    ours = Nonfixations(truths)
    for place in range(len(truths)):
        x, y = provider(stimuli, fixations, int(np.flatnonzero(fixations.n == place)[0]))
        rows, columns = ours.of(place).pixels()
        np.testing.assert_array_equal(np.sort(columns * 1000 + rows), np.sort(x * 1000 + y))


def test_a_picture_gets_all_seven_scores(truths):
    baseline = fit_baseline([(t.fixations, t.size) for t in truths], "")
    log_density = log_densities(truths)[0]
    prior, others = baseline.log_density(truths[0].size), Nonfixations(truths).of(0)
    density, fixations = np.exp(log_density), truths[0].fixations
    empirical = fixation_density(fixations, truths[0].size, 3.0)
    scores = PictureScorer(truths[0], metrics.LogDensity(prior), others).score(density, log_density)
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
        scorer.score(np.ones((3, 3)), log_densities(truths)[1])


def test_truths_are_read_from_a_data_set(dataset):
    truths, failures = read_truths(dataset)
    assert failures == {}
    assert [t.name for t in truths] == [r.name for r in dataset.records]
    for truth in truths:
        assert truth.size == dataset.size(truth.index)
        assert truth.sigma_px == 3.0
        np.testing.assert_array_equal(truth.fixations.x, dataset.fixations(truth.index).x)


def test_first_fixations_can_be_left_out_of_all_that_is_read(dataset):
    whole, _ = read_truths(dataset)
    rest, _ = read_truths(dataset, drop_first=True)
    for a, b in zip(whole, rest, strict=True):
        viewers = len(np.unique(a.fixations.viewer))
        assert len(b.fixations) == len(a.fixations) - viewers
        assert b.fixations.order.min() == 1


def test_first_fixations_of_nobody_knows_whom_can_not_be_left_out(dataset):
    f = dataset.records[0].fixations
    unknown = dataclasses.replace(
        dataset.records[0], fixations=Fixations(f.x, f.y, np.full(len(f), -1), f.order)
    )
    dataset.records = (unknown, *dataset.records[1:])
    with pytest.raises(DatasetError, match=r"0\.png.*who made which"):
        read_truth(dataset, 0, drop_first=True)


def test_a_picture_that_can_not_be_read_is_named_and_the_others_are_read(dataset):
    dataset.path(1).write_bytes(b"no picture")
    truths, failures = read_truths(dataset)
    assert list(failures) == ["1.png"]
    assert len(truths) == len(dataset) - 1
    assert [t.index for t in truths] == [0, *range(2, len(dataset))]


def test_mean_scores_are_the_means_of_the_scores_of_each_picture(dataset):
    val = dataset.split("val")
    truths, _ = read_truths(val)
    baseline = fit_baseline([(t.fixations, t.size) for t in truths], "")

    def predict(stimulus):
        return log_normalize(stimulus[..., 0].astype(float) / 99)

    expected = []
    for truth in truths:
        log_density = predict(val[truth.index].stimulus)
        prior = baseline.log_density(truth.size)
        expected.append(
            (
                metrics.information_gain(log_density, prior, truth.fixations),
                metrics.nss(np.exp(log_density), truth.fixations),
            )
        )
    found = mean_scores(predict, val, baseline)
    np.testing.assert_allclose([found["ig"], found["nss"]], np.mean(expected, axis=0))
    one = mean_scores(predict, val, baseline, ("nss",), indices=[2])
    assert one == {"nss": pytest.approx(expected[2][1])}


def test_nonfixations_of_a_set_of_one_are_none_and_score_nothing(truths):
    alone = Nonfixations(truths[:1]).of(0)
    assert len(alone) == 0
    scorer = PictureScorer(truths[0], metrics.LogDensity(log_densities(truths)[0]), alone)
    with pytest.raises(FixationsError, match="nonfixation"):
        scorer.score(np.ones(truths[0].size), None)

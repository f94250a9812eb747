"""Truths of a data set and nonfixations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from salmap.density import log_normalize
from salmap.errors import DatasetError
from salmap.evaluation.truths import Nonfixations, read_truth, read_truths
from salmap.fixations.scoring import PictureScorer
from salmap.metrics import LogDensity
from salmap.types import Fixations
from tests import pysaliency_oracle as oracle
from tests.train import eyes


@pytest.fixture(scope="module")
def truths():
    return eyes.truths(5)


@pytest.fixture
def dataset(tmp_path):
    return eyes.dataset(tmp_path)


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


def test_a_set_of_one_has_no_nonfixations_and_only_shuffled_auc_is_missing(truths):
    alone = Nonfixations(truths[:1]).of(0)
    assert len(alone) == 0
    uniform = LogDensity(log_normalize(np.zeros(truths[0].size)))
    scores = PictureScorer(truths[0], uniform, alone).score_density(uniform)
    assert [key for key, score in scores.items() if np.isnan(score)] == ["sauc"]

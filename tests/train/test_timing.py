"""What is fitted of when people look where."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import train.moves
import train.timing
from salmap.datasets import FixationDataset, Record
from salmap.density import log_normalize
from salmap.errors import TrainingError
from salmap.predictor import load
from salmap.timing import EDGES_S, TERMS, Timing, seen
from salmap.types import Fixations
from salmap.weights import assets_folder
from tests.train.tiny import make_dataset
from train.timing import Viewed, fit, measure

SHAPE = (12, 16)


def true_timing() -> Timing:
    center = np.zeros((4, TERMS, TERMS), np.float32)
    center[0, 2, 0], center[3, 0, 1] = -1.5, 1
    powers = np.array([[1.5, 0], [1, 0], [1, 0], [0.6, 0]], np.float32)
    counts = np.zeros((4, 13), np.float32)
    counts[[0, 1, 2, 3], [3, 6, 9, 12]] = 1
    return Timing(powers, center, counts, np.full(4, 1e6, np.float32))


def make_viewed(viewers: int = 40) -> list[Viewed]:
    """Three fixations of each viewer in each stretch of time, drawn from the true densities."""
    random, timing, pictures = np.random.default_rng(1), true_timing(), []
    for _ in range(30):
        grid = log_normalize(random.normal(0, 1.5, SHAPE).astype(np.float32))
        cells, starts = [], []
        for begin, end in pairwise(EDGES_S):
            density = np.exp(timing.at(grid, end), dtype=np.float64).ravel()
            cells.append(random.choice(density.size, 3 * viewers, p=density / density.sum()))
            starts.append(np.full(3 * viewers, (begin + end) / 2))
        viewer = np.tile(np.repeat(np.arange(viewers), 3), 4)
        cells, starts = np.concatenate(cells), np.concatenate(starts)
        lasted = np.full(len(starts), 0.2)
        pictures.append(Viewed(grid, cells, starts, lasted, viewer, viewers))
    return pictures


def test_the_densities_are_those_that_fixations_were_drawn_from():
    found, truth = fit(make_viewed()), true_timing()
    grid = log_normalize(np.random.default_rng(9).normal(0, 1.5, SHAPE).astype(np.float32))
    for end in EDGES_S[1:]:
        expected = np.exp(truth.at(grid, end))
        assert np.abs(np.exp(found.at(grid, end)) - expected).sum() < 0.12
    np.testing.assert_allclose(found.rates, 3)
    np.testing.assert_allclose(found.counts, truth.counts)
    for end, counts, concentration in zip(
        EDGES_S[1:], found.counts, found.concentrations, strict=True
    ):
        independent = 1 - 0.7 ** round(float(counts @ np.arange(13)))
        assert float(seen(np.array(0.3), counts, float(concentration))) == pytest.approx(
            independent, abs=0.02
        ), end


def test_viewers_who_stay_where_they_are_see_less():
    random = np.random.default_rng(2)

    def stays(one: Viewed) -> Viewed:
        chosen = random.permutation(one.cells[:40])
        return replace(one, cells=chosen[one.viewer])

    found = fit([stays(one) for one in make_viewed()])
    assert (found.concentrations[1:] < 5).all()


def test_a_viewer_without_fixations_counts():
    pictures = [replace(one, viewers=50) for one in make_viewed()]
    np.testing.assert_allclose(fit(pictures).counts[:, 0], 0.2, rtol=1e-5)


def test_few_fixations_do_not_show_it():
    with pytest.raises(TrainingError, match="only 90 in one"):
        fit(make_viewed(viewers=1))


def with_times(dataset: FixationDataset) -> FixationDataset:
    records = []
    for record in dataset.records:
        fixations = record.read_fixations()
        timed = replace(fixations, duration_s=np.full(len(fixations), 0.6))
        records.append(Record(record.name, record.path, timed))
    names = [record.name for record in records]
    return FixationDataset("timed", records, splits={"train": names, "val": []})


def test_it_is_written_beside_the_weights_and_read_with_them(tmp_path, monkeypatch):
    monkeypatch.setattr(train.timing, "FEWEST", 20)
    monkeypatch.setattr(train.moves, "FEWEST", 20)
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes((assets_folder() / "center-bias.safetensors").read_bytes())
    pictures = make_dataset(tmp_path / "pictures", 12)
    with pytest.raises(TrainingError, match="lack a viewer or a time"):
        measure(weights, [pictures])
    assert measure(weights, [with_times(pictures)]) == tmp_path / "mine.timing.safetensors"
    prediction = load(weights).predict(pictures.path(0))
    assert prediction.until(2).size == prediction.size
    np.testing.assert_allclose(prediction.scanpaths(1)[0].duration_s[:-1], 0.6, rtol=1e-5)


def test_unknown_viewers_are_refused(tmp_path):
    fixations = Fixations.of_unknown_viewers([3.0], [4.0])
    timed = Fixations(fixations.x, fixations.y, fixations.viewer, fixations.order, [0.2], [0.3])
    path = make_dataset(tmp_path / "pictures", 4).path(0)
    dataset = FixationDataset("d", [Record("a", path, timed)], splits={"train": ["a"]})
    with pytest.raises(TrainingError, match="lack a viewer or a time"):
        measure(assets_folder() / "center-bias.safetensors", [dataset])

"""Batches: their targets, how processes share them, and what a loader does with them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from tests.train.tiny import make_dataset
from train.data.batches import FeatureBatch, Targets, load_batches, share_out
from train.data.crops import Crop
from train.data.mixture import Mixture
from train.data.pictures import PictureCache, PixelSource
from train.machine import Machine

WHOLE = (0, 0, 64, 48)


@pytest.fixture
def source(tmp_path):
    mixture = Mixture([make_dataset(tmp_path / "in")], {})
    return PixelSource(PictureCache(tmp_path / "cache", mixture, lambda size: size, 0))


def test_a_batch_weighs_pictures_not_fixations(source):
    crops = [
        Crop(0, WHOLE, (48, 64)),
        Crop(1, WHOLE, (48, 64), weight=0.0),
        Crop(2, (0, 0, 1, 1), (48, 64)),  # nobody looked at the corner
    ]
    batch = source[crops]
    np.testing.assert_allclose(batch.targets.weights.sum(1), [1, 0, 0], atol=1e-6)
    assert batch.crop_weights.tolist() == [1, 0, 1]


def test_points_reach_from_edge_to_edge():
    points = torch.tensor([[-1.0, 1.0]])
    targets = Targets.padded([points, torch.zeros(0, 2)], [1.0, 1.0])
    assert targets.points.tolist() == [[[-1, 1]], [[0, 0]]]
    assert targets.weights.tolist() == [[1], [0]]


def test_processes_share_a_batch_and_fill_up_with_crops_of_no_weight():
    first, second, third = (Crop(item, WHOLE, (48, 64)) for item in range(3))
    plan = [[first, second, third], [first]]
    shares = [share_out(plan, rank, 2) for rank in range(2)]
    assert [[crop.item for crop in batch] for batch in shares[0]] == [[0, 2], [0]]
    assert [[crop.weight for crop in batch] for batch in shares[1]] == [[1], [0]]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_loader_brings_whole_batches_in_order(source, tmp_path, workers):
    machine = Machine(Accelerator(cpu=True), workers, tmp_path, 0)
    plan = [[Crop(3, WHOLE, (48, 64))], [Crop(1, WHOLE, (48, 64)), Crop(2, WHOLE, (48, 64))]]
    for crops, batch in zip(plan, load_batches(source, plan, machine), strict=True):
        expected = source[crops]
        assert torch.equal(batch.images, expected.images)
        assert torch.equal(batch.targets.points, expected.targets.points)


def test_all_tensors_of_a_batch_move_together():
    targets = Targets(torch.zeros(2, 1, 2), torch.zeros(2, 1))
    features = (torch.zeros(2, 3, 4, 4), torch.zeros(2, 3, 2, 2))
    moved = FeatureBatch(targets, torch.ones(2), features, (16, 16)).to(torch.device("meta"))
    assert moved.size == (16, 16)
    tensors = [moved.targets.points, moved.targets.weights, moved.crop_weights, *moved.features]
    assert all(tensor.is_meta for tensor in tensors)

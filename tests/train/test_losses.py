import numpy as np
import torch

from salmap.center_bias import uniform
from salmap.density import log_normalize
from salmap.metrics import information_gain
from salmap.types import Fixations
from train.data.batches import Targets, grid_points
from train.losses import fixation_nll_bits


def test_the_loss_is_minus_the_information_gain_over_uniform():
    rng = np.random.default_rng(3)
    log_density = log_normalize(rng.normal(size=(48, 64)).astype(np.float32))
    x, y = rng.integers(0, 64, 30), rng.integers(0, 48, 30)
    fixations = Fixations(x, y, np.zeros(30), np.arange(30))
    targets = Targets.padded([grid_points(fixations, (48, 64))], [1.0])
    loss = fixation_nll_bits(torch.from_numpy(log_density)[None], targets)
    expected = information_gain(log_density, uniform((48, 64)), fixations)
    np.testing.assert_allclose(-loss.item(), expected, rtol=1e-5)


def test_a_picture_without_fixations_has_no_loss():
    loss = fixation_nll_bits(torch.zeros(1, 4, 4), Targets.padded([torch.zeros(0, 2)], [1.0]))
    assert loss.item() == 0

import numpy as np
import torch

from salmap.center_bias import uniform
from salmap.density import log_normalize
from salmap.metrics import information_gain
from salmap.types import Fixations
from train.data.mixture import points_of
from train.data.views import whole_view
from train.losses import fixation_nll_bits


def test_the_loss_is_minus_the_information_gain_over_uniform():
    rng = np.random.default_rng(3)
    log_density = log_normalize(rng.normal(size=(48, 64)).astype(np.float32))
    x, y = rng.integers(0, 64, 30), rng.integers(0, 48, 30)
    fixations = Fixations(x, y, np.zeros(30), np.arange(30))
    points = points_of(whole_view(0, (48, 64), 64), fixations)
    weights = torch.full((1, 30), 1 / 30)
    loss = fixation_nll_bits(torch.from_numpy(log_density)[None], points[None], weights)
    expected = information_gain(log_density, uniform((48, 64)), fixations)
    np.testing.assert_allclose(-loss.item(), expected, rtol=1e-5)


def test_a_picture_without_fixations_has_no_loss():
    loss = fixation_nll_bits(torch.zeros(1, 4, 4), torch.zeros(1, 1, 2), torch.zeros(1, 1))
    assert loss.item() == 0

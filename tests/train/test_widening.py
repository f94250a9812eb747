"""A widened network computes what the narrow one did, and can learn what it could not."""

from __future__ import annotations

import pytest
import torch
from timm.layers import LayerNorm2d
from torch import Tensor, nn

from salmap.errors import WeightsError
from train.widening import widen


class Small(nn.Module):
    """A stem that keeps its width, a residual block, and a readout of one channel."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 5, 3)
        self.shortcut = nn.Conv2d(5, width, 1)
        self.branch = nn.Sequential(
            nn.Conv2d(5, width, 1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
        )
        self.norm = LayerNorm2d(width)
        self.readout = nn.Conv2d(width, 1, 1)

    def features(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return torch.relu(self.shortcut(x) + self.branch(x))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.readout(self.norm(self.features(x)))
        return out


def made(width: int) -> Small:
    torch.manual_seed(width)
    network = Small(width).eval().double()
    norm = network.branch[1]
    assert isinstance(norm, nn.BatchNorm2d)
    for value in (norm.weight, norm.bias, norm.running_mean, norm.running_var):
        assert value is not None
        nn.init.uniform_(value, 0.5, 2)
    return network


def widened(narrow: Small, noise: float = 0.1, seed: int = 0) -> Small:
    wide = Small(8).eval().double()
    shapes = {name: value.shape for name, value in wide.state_dict().items()}
    wide.load_state_dict(widen(narrow.state_dict(), shapes, noise, seed))
    return wide


@pytest.mark.parametrize("noise", [0.0, 0.1, 3.0])
def test_the_function_is_kept_whatever_the_noise(noise):
    narrow = made(4)
    wide = widened(narrow, noise)
    picture = torch.rand(2, 3, 9, 11, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(wide(picture), narrow(picture), rtol=0, atol=1e-12)
        once = narrow.features(picture)
        twice = torch.cat([once, once], dim=1)
        torch.testing.assert_close(wide.features(picture), twice, rtol=0, atol=1e-12)
    assert wide.readout.weight.shape == (1, 8, 1, 1)
    assert torch.equal(wide.stem.weight, narrow.stem.weight)


def apart_after_a_step(noise: float) -> float:
    """How far the two channels that came from one are apart when training made a step."""
    wide = widened(made(4), noise)
    picture, target = torch.rand(2, 3, 9, 11, dtype=torch.float64), torch.rand(2, 1, 7, 9).double()
    (wide(picture) - target).square().mean().backward()
    with torch.no_grad():
        for parameter in wide.parameters():
            assert parameter.grad is not None
            parameter.sub_(0.1 * parameter.grad)
        first, second = wide.features(picture).chunk(2, dim=1)
    return float((first - second).abs().max())


def test_noise_lets_training_tell_the_copies_apart():
    assert apart_after_a_step(0.0) < 1e-12
    assert apart_after_a_step(0.1) > 1e-3


def test_the_seed_makes_the_noise():
    narrow = made(4)
    first, same, other = widened(narrow, 0.1, 1), widened(narrow, 0.1, 1), widened(narrow, 0.1, 2)
    assert torch.equal(first.readout.weight, same.readout.weight)
    assert not torch.equal(first.readout.weight, other.readout.weight)


@pytest.mark.parametrize("shape", [(6, 4), (2, 4), (8, 4, 1), (4, 4, 2), (12, 4)])
def test_only_doubling_is_known(shape):
    with pytest.raises(WeightsError, match=r"'w'.*kept or doubled"):
        widen({"w": torch.zeros(4, 4)}, {"w": shape})


def test_a_missing_tensor_is_named():
    with pytest.raises(WeightsError, match="lacks 1 tensors: 'b'"):
        widen({"a": torch.zeros(2)}, {"a": (4,), "b": (4,)})

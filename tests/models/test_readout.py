"""The finalizer's blur against the convolution that it stands for."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from salmap.models.readout import Finalizer


def convolved(evidence, sigma):
    """(B, h, w) blurred by a Gaussian cut off at four sigma, the edges repeated."""
    radius = max(1, math.ceil(4 * sigma))
    steps = torch.arange(-radius, radius + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (steps / sigma) ** 2)
    kernel = kernel / kernel.sum()
    x = F.pad(evidence[:, None].double(), (radius, radius, radius, radius), mode="replicate")
    return F.conv2d(F.conv2d(x, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1))[:, 0]


@pytest.mark.parametrize("size", [(108, 144), (144, 81), (7, 160), (1, 5), (3, 1), (1, 1)])
@pytest.mark.parametrize("share", [0.001, 0.012, 0.05])
@pytest.mark.parametrize("training", [True, False])
def test_the_blur_is_a_convolution_with_repeated_edges(size, share, training):
    torch.manual_seed(0)
    finalizer = Finalizer().train(training)
    finalizer.log_sigma.data.fill_(math.log(share))
    evidence = 5 * torch.randn(2, *size)
    blurred = finalizer._blur(evidence)
    sigma = float(finalizer.log_sigma.detach().exp()) * max(size)
    torch.testing.assert_close(blurred.double(), convolved(evidence, sigma), rtol=0, atol=1e-5)


def test_the_blur_can_be_learned():
    """Its gradient is the slope that small steps show."""
    torch.manual_seed(0)
    finalizer = Finalizer().double()
    evidence, wanted = torch.randn(1, 30, 40).double(), torch.randn(1, 30, 40).double()

    def value(log_sigma):
        finalizer.log_sigma.data.fill_(log_sigma)
        return (finalizer._blur(evidence) * wanted).sum()

    at = math.log(0.03)
    value(at).backward()
    slope = (value(at + 1e-6) - value(at - 1e-6)).item() / 2e-6
    assert finalizer.log_sigma.grad.item() == pytest.approx(slope, rel=1e-3)


@pytest.mark.parametrize("training", [True, False])
def test_nothing_is_read_back_from_the_device(training):
    """On a device without values, reading one fails."""
    finalizer = Finalizer().train(training).to("meta")
    assert finalizer(torch.zeros(2, 30, 40, device="meta")).shape == (2, 30, 40)


def test_it_exports_for_every_size():
    torch.manual_seed(0)
    finalizer = Finalizer().eval()
    sides = {1: torch.export.Dim.DYNAMIC, 2: torch.export.Dim.DYNAMIC}
    exported = torch.export.export(
        finalizer, (torch.randn(1, 30, 40),), dynamic_shapes={"evidence": sides}
    )
    for size in ((30, 40), (44, 31), (5, 90)):
        evidence = torch.randn(1, *size)
        torch.testing.assert_close(exported.module()(evidence), finalizer(evidence))

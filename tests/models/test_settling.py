"""Convolutions without cuDNN: the same values and gradients as PyTorch's, wherever they run."""

from __future__ import annotations

import copy

import pytest
import torch
from timm.layers import Conv2dSame
from torch import nn

from salmap.models.network import SaliencyNetwork
from salmap.models.settling import _depthwise, _product, spare_plans
from salmap.networks import PRESETS

CONVOLUTIONS = {
    "1x1": nn.Conv2d(6, 4, 1),
    "1x1, every second": nn.Conv2d(6, 4, 1, stride=2, bias=False),
    "depthwise": nn.Conv2d(6, 6, 5, padding=2, groups=6),
    "depthwise, no bias": nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6, bias=False),
    "depthwise, same": Conv2dSame(6, 6, 5, stride=2, groups=6, bias=False),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("half", [False, True])
def test_values_and_gradients_are_those_of_the_convolution(name, layout, half):
    plain = copy.deepcopy(CONVOLUTIONS[name])
    spared = copy.deepcopy(plain)
    spare_plans(spared)
    assert spared.forward.func in (_product, _depthwise)
    results = []
    for conv in (plain, spared):
        torch.manual_seed(0)
        x = torch.randn(2, 6, 11, 14).to(memory_format=layout).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            out = conv(x)
        out.float().square().sum().backward()
        results.append([out, x.grad, *(parameter.grad for parameter in conv.parameters())])
    for ours, theirs in zip(results[1], results[0], strict=True):
        assert ours.dtype == theirs.dtype
        scale = theirs.float().abs().max().item()
        tolerance = (0.02 if half else 1e-5) * scale
        torch.testing.assert_close(ours.float(), theirs.float(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("preset", PRESETS)
def test_networks_say_the_same_and_few_convolutions_are_left(preset):
    torch.manual_seed(0)
    network = SaliencyNetwork(PRESETS[preset].config).eval()
    nn.init.normal_(network.decoder.head.weight, std=0.1)
    pictures = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before = network(pictures)
        spare_plans(network)
        torch.testing.assert_close(network(pictures), before, rtol=0, atol=1e-4)
    left = [m for m in network.modules() if isinstance(m, nn.Conv2d) and "forward" not in vars(m)]
    assert len(left) == {"lite": 1, "tiny": 1, "large": 2, "resnet50": 17}[preset]

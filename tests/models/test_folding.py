import dataclasses

import pytest
import torch

from salmap.models.folding import folded
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_folding_changes_nothing_but_rounding(preset):
    torch.manual_seed(0)
    # in double precision: in single, how far rounding goes depends on the processor
    config = dataclasses.replace(PRESETS[preset].config, size=64)
    model = SaliencyNetwork(config).double().eval()
    norms = [m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:  # statistics and factors of their own, as after training
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 2)
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    quick = folded(model)
    images = torch.rand(2, 3, 64, 48, dtype=torch.float64)
    with torch.inference_mode():
        for ours, theirs in zip(quick.encode(images), model.encode(images), strict=True):
            assert (ours - theirs).abs().max() < 1e-9 * theirs.abs().max()
    assert len(norms) > 40
    assert quick.decoder.head.weight is model.decoder.head.weight  # not twice in memory
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in quick.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())

"""What a network promises to training and to the backend that runs it with torch."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from salmap.backends.pytorch import TorchBackend
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS


@pytest.fixture(scope="module")
def network() -> SaliencyNetwork:
    torch.manual_seed(0)
    return SaliencyNetwork(replace(PRESETS["lite"].config, size=96))


def test_a_batch_gives_what_each_picture_gives(network: SaliencyNetwork) -> None:
    images = torch.rand(2, 3, 36, 96, generator=torch.manual_seed(0))
    with torch.inference_mode():
        together = network.eval()(images)
        alone = torch.cat([network(images[i : i + 1]) for i in range(2)])
    assert together.dtype == torch.float32
    assert together.shape == (2, 9, 24)
    assert torch.isfinite(together).all()
    assert (together - alone).abs().max() <= 1e-4 * alone.abs().max()  # single precision


def test_the_configuration_is_json_and_builds_the_same_network(network: SaliencyNetwork) -> None:
    again = SaliencyNetwork.from_config(json.loads(json.dumps(network.config())))
    assert again.config() == network.config()
    assert (again.size, again.output_stride) == (network.size, network.output_stride)
    assert again.state_dict().keys() == network.state_dict().keys()


def test_torch_runs_it_in_eval_mode_and_keeps_no_gradient(network: SaliencyNetwork) -> None:
    outputs: list[torch.Tensor] = []
    backend = TorchBackend(network.train())
    hook = backend._running.finalizer.register_forward_hook(lambda _m, _i, out: outputs.append(out))
    try:
        backend.run(np.zeros((1, 3, 36, 96), np.float32))
    finally:
        hook.remove()
    assert len(outputs) == 1
    assert outputs[0].is_inference()
    assert not outputs[0].requires_grad
    assert not any(module.training for module in backend.model.modules())
    assert not any(p.requires_grad for p in backend.model.parameters())

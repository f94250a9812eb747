"""The graphs in the package, and the command that makes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from salmap.backends import graphs
from salmap.backends.exporting import write_graph
from salmap.backends.onnx_runtime import OnnxBackend
from salmap.backends.pytorch import TorchBackend
from salmap.models.network import SaliencyNetwork
from salmap.networks import EncoderConfig, NetworkConfig


@pytest.mark.slow
def test_a_graph_that_is_made_now_gives_what_torch_gives(tmp_path: Path) -> None:
    """A small network's; those in the package are compared in test_onnx_runtime."""
    config = NetworkConfig((EncoderConfig("test_efficientnet", (2, 3, 4)),), size=64, width=8)
    made = write_graph(config, tmp_path)
    graph = graphs.find(config, tmp_path)
    assert graph is not None
    assert graph.path == made
    torch.manual_seed(0)
    network = SaliencyNetwork(config).eval()
    torch.nn.init.normal_(network.decoder.head.weight)
    tensors = {name: value.numpy() for name, value in network.state_dict().items()}
    backend, other = OnnxBackend(graph, tensors, config.size), TorchBackend(network)
    for size in ((64, 64), (20, 64), (64, 4)):
        pixels = np.random.default_rng(1).random((1, 3, *size), np.float32)
        for ours, theirs in zip(backend.run(pixels), other.run(pixels), strict=True):
            scale = float(np.abs(theirs).max())
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * scale)


def weights(graph: onnx.GraphProto) -> list[tuple[str, list[int]]]:
    return [(t.name, list(t.dims)) for t in graph.initializer if t.external_data]


@pytest.mark.parametrize("path", sorted(graphs.FOLDER.glob("*.onnx")), ids=lambda path: path.stem)
def test_a_graph_holds_no_weights_and_has_one_input(path: Path) -> None:
    model = onnx.load(path, load_external_data=False)
    assert [value.name for value in model.graph.input] == ["pixels"]
    assert [value.name for value in model.graph.output] == ["log_density", "features"]
    held = sum(len(t.raw_data) for t in model.graph.initializer)
    assert held < 10_000
    assert len(weights(model.graph)) > 50

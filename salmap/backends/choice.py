"""Which backend runs a model: the one place that decides. No torch here until torch is needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from salmap.backends import Backend, graphs
from salmap.errors import ModelError
from salmap.models import CLASSICAL
from salmap.models.config import network_config
from salmap.weights.file import TensorSpec, read_tensors
from salmap.weights.info import ModelInfo, read_info
from salmap.weights.registry import REGISTRY

#: what may be asked to run a network; "auto" is ONNX Runtime on CPUs and torch on GPUs
BACKENDS = ("auto", "onnx", "torch")
TORCH_MISSING = "Install PyTorch and timm for that: pip install 'salmap[train]'."


def open_model(
    weights: Path | None, architecture: str, device: str, backend: str = "auto"
) -> tuple[Backend, ModelInfo]:
    """Make a model ready to run.

    Args:
        weights: its file; None for a model that needs none.
        architecture: name of that model, a key of `salmap.models.CLASSICAL`.
        device: "cpu", "cuda", "mps", or "auto" for an NVIDIA GPU if there is one.
        backend: one of `BACKENDS`; classical models need none and run on the CPU.

    Returns:
        The backend that runs the model, and what is known about the model.

    Raises:
        ModelError: if there is no such device or backend, or if torch is needed and missing.
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    if backend not in BACKENDS:
        raise ModelError(f"There is no backend '{backend}'. Use one of: {', '.join(BACKENDS)}.")
    if weights is None:
        model = CLASSICAL[architecture]()
        known = REGISTRY[architecture]
        return model, ModelInfo(architecture, architecture, model.config(), known.license)
    info = read_info(weights)
    if info.architecture in CLASSICAL:
        return _classical(weights, info), info
    return _network(weights, info, device, backend), info


def _classical(weights: Path, info: ModelInfo) -> Backend:
    model = CLASSICAL[info.architecture].from_config(info.config)
    expected = {
        name: TensorSpec(values.shape, str(values.dtype))
        for name, values in model.tensors().items()
    }
    return model.with_tensors(read_tensors(weights, expected))


def _network(weights: Path, info: ModelInfo, device: str, backend: str) -> Backend:
    on_cpu = device == "cpu" or (device == "auto" and not may_have_gpu())
    config = network_config(info, weights.name)
    graph = graphs.find(config)
    if backend == "onnx" and not (on_cpu and graph):
        what = "has no graph for this network" if on_cpu else f"does not run on '{device}' here"
        raise ModelError(f"ONNX Runtime {what}. Use --backend torch, or leave it out.")
    if backend != "torch" and on_cpu and graph is not None:
        from salmap.backends.onnx_runtime import open_network  # noqa: PLC0415  (only where used)

        return open_network(weights, config, graph)
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("timm") is None:
        why = "an encoder that only PyTorch can run" if graph is None else "PyTorch"
        subject = f"The model {info.name} needs {why}" if on_cpu else f"'{device}' needs PyTorch"
        raise ModelError(f"{subject}, which is not installed. {TORCH_MISSING}")
    from salmap.backends import pytorch  # noqa: PLC0415  (slow: torch)

    return pytorch.open_network(weights, device)


def may_have_gpu() -> bool:
    """Whether torch is worth asking for a GPU: whether there are signs of one, and torch."""
    if importlib.util.find_spec("torch") is None or os.environ.get("CUDA_VISIBLE_DEVICES") == "":
        return False
    return Path("/dev/nvidia0").exists() or shutil.which("nvidia-smi") is not None

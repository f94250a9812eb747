"""Networks run by torch: the backend for GPUs and for training."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from salmap.errors import ModelError
from salmap.models.file import load_model
from salmap.models.folding import folded
from salmap.models.network import SaliencyNetwork
from salmap.models.settling import layout, settle
from salmap.processes import launched
from salmap.types import GridOutput, ImageArray

#: pictures of one shape that a GPU runs at once
TOGETHER = 32


def pick_device(wanted: str = "auto") -> torch.device:
    """Where to run a model: on a GPU if there is one, each of several processes on its own GPU.

    Args:
        wanted: "auto", or what torch calls a device, such as "cpu" or "cuda:1".

    Raises:
        ModelError: if there is no such device.
    """
    if wanted == "auto":
        if not torch.cuda.is_available():
            return torch.device("cpu")
        return torch.device("cuda", launched().local_rank % torch.cuda.device_count())
    try:
        device = torch.device(wanted)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:  # torch without CUDA asserts that it has it
        reason = str(error).partition("\n")[0].partition(". ")[0]
        if isinstance(error, NotImplementedError):  # whose text is a page for those who build torch
            reason = "this machine has none, or its PyTorch can't use it"
        raise ModelError(
            f"The device '{wanted}' is not available ({reason}). Use auto, cpu, cuda or mps."
        ) from error
    return device


def to_tensor(image: ImageArray) -> Tensor:
    """uint8 (H, W, 3) -> float32 (1, 3, H, W) in [0, 1], channels last in memory."""
    return torch.from_numpy(image)[None].permute(0, 3, 1, 2).float().div_(255)


class TorchBackend:
    """Runs a model with torch; see `salmap.backends.Backend`.

    Args:
        model: the model; it is put into eval mode. What runs is a quicker copy of it
            (`salmap.models.folding`).
        device: where it runs; see `pick_device`.

    Attributes:
        model: the model itself, for those who need more than its prediction.
    """

    def __init__(self, model: SaliencyNetwork, device: str | torch.device = "cpu") -> None:
        place = device if isinstance(device, torch.device) else pick_device(device)
        self.model = model.eval().requires_grad_(False)
        self._running = folded(self.model)
        settle(self.model, place)
        settle(self._running, place)
        self._device = place

    @property
    def size(self) -> int:
        """Long side, in pixels, at which the model wants its pictures."""
        return self.model.size

    @property
    def output_stride(self) -> int:
        """Input pixels per cell of the output grid."""
        return self.model.output_stride

    @property
    def parameter_count(self) -> int:
        """How many numbers the model has learned."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def device(self) -> str:
        """Where the model runs."""
        tensors = chain(self.model.parameters(), self.model.buffers())
        return str(next((tensor.device for tensor in tensors), self._device))

    def run(self, pixels: NDArray[np.float32]) -> GridOutput:
        """float32 (1, 3, h, w) -> log density up to a constant, features; see `Backend.run`."""
        tensor = torch.from_numpy(pixels).to(self._device)
        log_density, features = self._run(tensor)
        return GridOutput(log_density[0], features[0])

    @property
    def together(self) -> int:
        """On a CPU a batch is no faster than its pictures one after the other."""
        return TOGETHER if self._device.type == "cuda" else 1

    def run_batch(self, pictures: NDArray[np.uint8]) -> GridOutput:
        """uint8 (n, h, w, 3) -> log densities up to constants; see `BatchBackend.run_batch`."""
        tensor = torch.from_numpy(pictures).to(self._device)
        return GridOutput(*self._run(tensor.permute(0, 3, 1, 2).float().div_(255)))

    def _run(self, tensor: Tensor) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Log densities and pooled features of a batch."""
        images = tensor.contiguous(memory_format=layout(self._device))
        height, width = images.shape[-2:]
        with torch.inference_mode():
            features = self._running.encode(images)
            grids = self._running.decode(features, (height, width)).float().cpu().numpy()
            pooled = self._running.pooled(features).float().cpu().numpy()
        return grids, pooled


def open_network(weights: Path, device: str) -> TorchBackend:
    """The network in a weight file, ready to run on a device; see `pick_device`.

    Raises:
        ModelError: if there is no such device.
        WeightsError: if the file is missing, damaged, unsafe or made for another Salmap.
    """
    place = pick_device(device)
    return TorchBackend(load_model(weights)[0], place)

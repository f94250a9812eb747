"""A model and a picture in, a `Prediction` out. Holds no state but the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from salmap.density import resize_log_density
from salmap.errors import ModelError
from salmap.image import ImageSource, fit_size, load_image, resize
from salmap.models.base import SaliencyModel
from salmap.models.folding import folded
from salmap.processes import launched
from salmap.types import ImageArray, Prediction

if TYPE_CHECKING:
    from salmap.model_file import ModelInfo


def pick_device(wanted: str = "auto") -> torch.device:
    """Where to run a model: on a GPU if there is one, each of several processes on its own.

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
        reason = str(error).partition("\n")[0]
        raise ModelError(
            f"There is no device '{wanted}' here ({reason}). Take auto, cpu or cuda."
        ) from error
    return device


def to_tensor(image: ImageArray) -> Tensor:
    """uint8 (H, W, 3) -> float32 (1, 3, H, W) in [0, 1], channels last in memory."""
    return torch.from_numpy(image)[None].permute(0, 3, 1, 2).float().div_(255)


class Predictor:
    """Runs one model on pictures of any size. Safe to share between threads.

    Attributes:
        model: the model, in eval mode; what runs is a quicker copy of it (`salmap.models.folding`).
        name: how the user calls it.
        info: what its weight file says of it; None for a model built in memory.
    """

    def __init__(self, model: SaliencyModel, name: str, info: ModelInfo | None = None) -> None:
        self.model = model.eval().requires_grad_(False).to(memory_format=torch.channels_last)
        self._running = folded(self.model)
        self.name = name
        self.info = info

    def to(self, device: torch.device | str) -> Self:
        """Run on this device from now on; not while another thread predicts."""
        self.model.to(device)
        self._running.to(device)
        return self

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        tensors = chain(self.model.parameters(), self.model.buffers())
        return next((tensor.device for tensor in tensors), torch.device("cpu"))

    @property
    def parameters(self) -> int:
        """How many numbers the model has learnt; 0 for one that learns nothing."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def predict(self, image: ImageSource) -> Prediction:
        """Predict where people look in one picture.

        Args:
            image: a path, the bytes of a file, a PIL image, or an RGB array (H, W, 3).

        Returns:
            The log density at the picture's own size.

        Raises:
            ImageError: if it is no picture, is damaged or too large.
        """
        array = load_image(image)
        height, width = array.shape[:2]
        return Prediction(resize_log_density(self.grid(array), (height, width)), self.name)

    def predict_many(self, images: Iterable[ImageSource]) -> Iterator[Prediction]:
        """Predictions one by one, in order; pictures are read as they are needed.

        On a CPU a batch is no faster than its pictures one after the other, so memory stays that
        of a single picture.
        """
        for image in images:
            yield self.predict(image)

    def grid(self, image: ImageArray) -> NDArray[np.float32]:
        """What `predict` is made of: the log density on the model's own grid, small enough to keep.

        Args:
            image: uint8 (H, W, 3), RGB.

        Returns:
            float32 (h, w), up to a constant; `salmap.density.resize_log_density` brings it to any
            size.
        """
        size = fit_size(image.shape[:2], self.model.size, self.model.output_stride)
        tensor = to_tensor(resize(image, size)).to(self.device)
        with torch.inference_mode():
            grid = self._running(tensor)[0].float().cpu().numpy()
        return np.asarray(grid, np.float32)

"""A model and a picture in, a `Prediction` out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.backends import Backend
from salmap.backends.choice import open_model
from salmap.density import resize_log_density
from salmap.pictures import ImageSource, fit_size, load_image, resize
from salmap.prediction import Prediction
from salmap.types import ImageArray
from salmap.weights.info import ModelInfo
from salmap.weights.registry import DEFAULT_MODEL
from salmap.weights.resolve import resolve, short_name

if TYPE_CHECKING:
    from salmap.weights.hub import ProgressCallback


class Predictor:
    """Runs one model on pictures of any size. Safe to share between threads.

    Attributes:
        backend: what runs the model.
        name: what the user calls the model.
        info: what its weight file says about it; None for a model built in memory.
        fallback_reason: why bundled weights were loaded although SALMAP_WEIGHTS_REPO names
            others; empty if they were not.
    """

    def __init__(
        self,
        backend: Backend,
        name: str,
        info: ModelInfo | None = None,
        fallback_reason: str = "",
    ) -> None:
        self.backend = backend
        self.name = name
        self.info = info
        self.fallback_reason = fallback_reason

    @property
    def device(self) -> str:
        """Where the model runs, such as "cpu" or "cuda:0"."""
        return self.backend.device

    @property
    def parameter_count(self) -> int:
        """How many numbers the model has learned; 0 for one that learns nothing."""
        return self.backend.parameter_count

    def predict(self, image: ImageSource) -> Prediction:
        """Predict where people look in one picture.

        Args:
            image: a path, the bytes of a file, a PIL image, or an RGB array (H, W, 3).

        Returns:
            The log density at the picture's own size.

        Raises:
            ImageError: if it is not a picture, is damaged or too large.
        """
        array = load_image(image)
        height, width = array.shape[:2]
        grid = self.predict_grid(array)
        return Prediction(resize_log_density(grid, (height, width)), self.name)

    def predict_many(self, images: Iterable[ImageSource]) -> Iterator[Prediction]:
        """Predictions one by one, in order; pictures are read as they are needed.

        On a CPU a batch is no faster than the same pictures one by one, so only one is in memory
        at a time.
        """
        for image in images:
            yield self.predict(image)

    def predict_grid(self, image: ImageArray) -> NDArray[np.float32]:
        """The log density on the model's own grid, small enough to keep.

        Args:
            image: uint8 (H, W, 3), RGB.

        Returns:
            float32 (h, w), up to a constant; `salmap.density.resize_log_density` brings it to any
            size.
        """
        size = fit_size(image.shape[:2], self.backend.size, self.backend.output_stride)
        return self.backend.run(_to_pixels(resize(image, size)))


def load(
    model: str | Path = DEFAULT_MODEL,
    progress: ProgressCallback | None = None,
    use_hub: bool = True,
    device: str = "cpu",
    backend: str = "auto",
) -> Predictor:
    """Load a model, ready to predict.

    Args:
        model: a name from `list_models()`, the path of a `.safetensors` file, or
            "hf://owner/repo[@revision][/file]".
        progress: called with (bytes done, bytes in all) during a download, perhaps from another
            thread; by default a bar is drawn on stderr.
        use_hub: False to use a bundled model even if SALMAP_WEIGHTS_REPO is set.
        device: where it runs: "cpu", "cuda", or "auto" for a GPU if there is one.
        backend: what runs a network: "onnx" (ONNX Runtime), "torch", or "auto" for ONNX Runtime on
            CPUs and torch on GPUs. Torch is never imported where ONNX Runtime does the work.

    Raises:
        ModelError: if there is no model of that name, no such device, or no such backend.
        WeightsError: if its weights are not available, or are damaged or unsafe.
    """
    found = resolve(model, progress, use_hub)
    if found is None:  # a model that needs no weights is built by its name
        runner, info = open_model(None, str(model), device, backend)
        return Predictor(runner, str(model), info)
    runner, info = open_model(found.path, "", device, backend)
    return Predictor(runner, short_name(model), info, found.fallback_reason)


def _to_pixels(image: ImageArray) -> NDArray[np.float32]:
    """uint8 (h, w, 3) -> float32 (1, 3, h, w) in [0, 1]."""
    return np.asarray(cv2.dnn.blobFromImage(image, 1 / 255), np.float32)

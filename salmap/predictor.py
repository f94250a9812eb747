"""A model and a picture in, a `Prediction` out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.backends import Backend, BatchBackend
from salmap.backends.choice import open_model
from salmap.density import resize_log_density
from salmap.errors import ImageError
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
        return self._finish(self.predict_grid(array), (height, width))

    def predict_many(self, images: Iterable[ImageSource]) -> Iterator[Prediction]:
        """Predictions one by one, in order; pictures are read as they are needed.

        On a CPU memory stays that of a single picture. On a GPU pictures of one shape go together,
        and threads read and resize while it works.
        """
        if not isinstance(self.backend, BatchBackend) or self.backend.together == 1:
            for image in images:
                yield self.predict(image)
            return
        source = iter(images)
        with ThreadPoolExecutor() as threads:
            while window := list(islice(source, 2 * self.backend.together)):
                yield from self._predict_together(self.backend, window, threads)

    def _predict_together(
        self, backend: BatchBackend, images: Sequence[ImageSource], threads: Executor
    ) -> Iterator[Prediction]:
        """As `predict_many`, for as many pictures as memory holds.

        Raises:
            ImageError: at the place of the picture that can't be read.
        """
        read = list(threads.map(self._read, images))
        good = {p: found for p, found in enumerate(read) if not isinstance(found, ImageError)}
        groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, (_, fitted) in good.items():
            groups[fitted.shape].append(place)
        finished: dict[int, Future[Prediction]] = {}
        for group in groups.values():
            for start in range(0, len(group), backend.together):
                places = group[start : start + backend.together]
                grids = backend.run_batch(np.stack([good[place][1] for place in places]))
                for place, grid in zip(places, grids, strict=True):
                    finished[place] = threads.submit(self._finish, grid, good[place][0])
        for place, found in enumerate(read):
            if isinstance(found, ImageError):
                raise found
            yield finished[place].result()

    def _read(self, image: ImageSource) -> tuple[tuple[int, int], ImageArray] | ImageError:
        """A picture's (height, width) and what the model sees of it, or why it can't be read."""
        try:
            array = load_image(image)
        except ImageError as error:
            return error
        return (array.shape[0], array.shape[1]), self._fitted(array)

    def _fitted(self, image: ImageArray) -> ImageArray:
        """A picture at the model's size."""
        size = fit_size(image.shape[:2], self.backend.size, self.backend.output_stride)
        return resize(image, size)

    def _finish(self, grid: NDArray[np.float32], size: tuple[int, int]) -> Prediction:
        return Prediction(resize_log_density(grid, size), self.name)

    def predict_grid(self, image: ImageArray) -> NDArray[np.float32]:
        """The log density on the model's own grid, small enough to keep.

        Args:
            image: uint8 (H, W, 3), RGB.

        Returns:
            float32 (h, w), up to a constant; `salmap.density.resize_log_density` brings it to any
            size.
        """
        return self.backend.run(_to_pixels(self._fitted(image)))


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
        device: where it runs: "cpu", "cuda", "mps" (a Mac's GPU), or "auto" for an NVIDIA
            GPU if there is one.
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

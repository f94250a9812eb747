"""A model and a picture in, a `Prediction` out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.backends import Backend, BatchBackend
from salmap.backends.choice import open_model
from salmap.backends.gathering import Gathering
from salmap.content import NOTE, Content, check_content
from salmap.hedge import PAGE_SCALE, Hedge
from salmap.pictures import ImageSource, fit_size, load_image, resize
from salmap.pictures.notes import notes_on
from salmap.prediction import GridPrediction, Prediction, is_unfamiliar
from salmap.screens import Screens, join, screens_of
from salmap.timing import Timing
from salmap.types import GridOutput, ImageArray
from salmap.weights.familiarity import Familiarity, read_familiarity
from salmap.weights.hedge import read_hedge
from salmap.weights.info import ModelInfo
from salmap.weights.registry import DEFAULT_MODEL
from salmap.weights.resolve import resolve, short_name
from salmap.weights.timing import read_timing

if TYPE_CHECKING:
    from salmap.weights.hub import ProgressCallback


class _Shown(NamedTuple):
    """What a model sees of a picture.

    Attributes:
        parts: uint8 (h, w, 3) each, at the model's size; one if the picture is shown whole.
        screens: how it is cut otherwise.
        notes: see `Prediction`.
    """

    parts: list[ImageArray]
    screens: Screens | None
    notes: tuple[str, ...]


class Predictor:
    """Runs one model on pictures of any size. Safe to share between threads.

    Attributes:
        backend: what runs the model.
        name: what the user calls the model.
        info: what its weight file says about it; None for a model built in memory.
        fallback_reason: why bundled weights were loaded although SALMAP_WEIGHTS_REPO names
            others; empty if they were not.
        familiarity: what the pictures that it learned from look like to it; None where unknown.
        timing: how its density depends on time; None where unknown.
        hedge: how it is flattened on pages and designs; None for a model that is not.
    """

    def __init__(
        self,
        backend: Backend,
        name: str,
        info: ModelInfo | None = None,
        fallback_reason: str = "",
        familiarity: Familiarity | None = None,
        timing: Timing | None = None,
        hedge: Hedge | None = None,
    ) -> None:
        self.backend = backend
        self.name = name
        self.info = info
        self.fallback_reason = fallback_reason
        self.familiarity = familiarity
        self.timing = timing
        self.hedge = hedge
        self._gathering: Gathering | None = None
        if isinstance(backend, BatchBackend) and backend.together > 1:
            self._gathering = Gathering(backend)

    @property
    def together(self) -> int:
        """How many pictures run at once where several threads ask; 1 where that wins nothing."""
        return self.backend.together if isinstance(self.backend, BatchBackend) else 1

    @property
    def device(self) -> str:
        """Where the model runs, such as "cpu" or "cuda:0"."""
        return self.backend.device

    @property
    def parameter_count(self) -> int:
        """How many numbers the model has learned; 0 for one that learns nothing."""
        return self.backend.parameter_count

    def predict(
        self,
        image: ImageSource,
        screen_px: int | None = None,
        background: str = "white",
        content: Content = "auto",
    ) -> Prediction:
        """Predict where people look in one picture.

        A picture more than 2.4 times as long as wide, such as a whole web page, is analyzed screen
        by screen; see `salmap.screens`.

        Args:
            image: a path, the bytes of a file, a PIL image, or an RGB array (H, W, 3).
            screen_px: how long a screen is, along the long side of a picture that is analyzed
                screen by screen; by default screens of about 4 to 3.
            background: the color behind a transparent picture, by name or as "#ff8800".
            content: "photo", "page" for web pages and designs, or "auto" to analyze as a page what
                is unlike the photographs that the model learned from; see `salmap.content`.

        Returns:
            The log density at the picture's own size. Its `notes` say what was special.

        Raises:
            ImageError: if it is not a picture, is damaged or too large, if there is no such color
                or content, or if the screens are too many.
        """
        upright = load_image(image, background)
        found = self.predict_grid(upright, screen_px, content)
        return found.full((upright.shape[0], upright.shape[1]), self.name)

    def predict_many(
        self,
        images: Iterable[ImageSource],
        screen_px: int | None = None,
        background: str = "white",
        content: Content = "auto",
    ) -> Iterator[Prediction]:
        """Predictions one by one, in order; pictures are read as they are needed.

        On a CPU memory stays that of a single picture. On a GPU threads read and resize while it
        works on pictures of one shape together. The arguments are those of `predict`.

        Raises:
            ImageError: at the place of a picture that can't be predicted.
        """
        waiting = iter(images)
        if self.together == 1:
            for image in waiting:
                yield self.predict(image, screen_px, background, content)
            return
        with ThreadPoolExecutor(2 * self.together) as threads:

            def begin(count: int) -> list[Future[Prediction]]:
                return [
                    threads.submit(self.predict, image, screen_px, background, content)
                    for image in islice(waiting, count)
                ]

            begun = deque(begin(3 * self.together))
            while begun:
                yield begun.popleft().result()
                begun.extend(begin(1))

    def predict_grid(
        self, image: ImageArray, screen_px: int | None = None, content: Content = "auto"
    ) -> GridPrediction:
        """The prediction on the model's own grid, small enough to keep.

        Args:
            image: uint8 (H, W, 3), RGB.
            screen_px, content: as for `predict`.

        Raises:
            ImageError: if there is no such content, or the screens are too many.
        """
        check_content(content)
        if content == "page" and self.hedge is not None:
            return self._as_page(image, screen_px, self.hedge)
        shown = self._shown(image, screen_px, self.backend.size)
        if self.hedge is None or content == "photo":
            return self._gathered(shown, self._run(shown.parts))
        first = self._run(shown.parts[:1])  # says as much as all of them, which may be many
        unfamiliarity = self._unfamiliarity(first)
        if not is_unfamiliar(unfamiliarity):
            return self._gathered(shown, first + self._run(shown.parts[1:]))
        found = self._as_page(image, screen_px, self.hedge)
        return replace(found, notes=(*found.notes, NOTE), unfamiliarity=unfamiliarity)

    def _as_page(self, image: ImageArray, screen_px: int | None, hedge: Hedge) -> GridPrediction:
        shown = self._shown(image, screen_px, round(PAGE_SCALE * self.backend.size))
        outputs = [
            GridOutput(hedge.flatten(output.log_density), output.features)
            for output in self._run(shown.parts)
        ]
        return replace(self._gathered(shown, outputs), content="page")

    def features(self, image: ImageArray) -> NDArray[np.float32] | None:
        """What the model's encoders see in a picture, uint8 (H, W, 3), on average: float32 (d,).

        None for a model without encoders.
        """
        return _features(self._run(self._shown(image, None, self.backend.size).parts))

    def _shown(self, image: ImageArray, screen_px: int | None, side: int) -> _Shown:
        """What the model sees, `side` pixels long: all of a picture, or a screen at a time."""
        size = image.shape[0], image.shape[1]
        screens = screens_of(size, screen_px)
        notes = notes_on(image, screens)
        stride = self.backend.output_stride
        if screens is None:
            return _Shown([resize(image, fit_size(size, side, stride))], None, notes)
        fitted = fit_size(screens.screen_size, side, stride)
        along = fitted[0] if screens.are_stacked else fitted[1]
        parts = [
            resize(image[pixels] if screens.are_stacked else image[:, pixels], fitted)
            for _, pixels in screens.places(along // stride)
        ]
        return _Shown(parts, screens, notes)

    def _run(self, parts: Sequence[ImageArray]) -> list[GridOutput]:
        if self._gathering is not None:
            return [self._gathering.run(part) for part in parts]
        return [self.backend.run(_to_pixels(part)) for part in parts]

    def _gathered(self, shown: _Shown, outputs: Sequence[GridOutput]) -> GridPrediction:
        """One prediction of what the model said of each part."""
        grids = [output.log_density for output in outputs]
        grid = grids[0] if shown.screens is None else join(shown.screens, grids)
        timing = self.timing if shown.screens is None else None
        unfamiliarity = self._unfamiliarity(outputs)
        return GridPrediction(grid, shown.screens, shown.notes, unfamiliarity, timing)

    def _unfamiliarity(self, outputs: Sequence[GridOutput]) -> float | None:
        """See `Prediction`."""
        features = _features(outputs)
        if self.familiarity is None or features is None:
            return None
        return self.familiarity.unfamiliarity(features)


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
    return Predictor(
        runner, short_name(model), info, found.fallback_reason, read_familiarity(found.path),
        read_timing(found.path), read_hedge(found.path, info),
    )  # fmt: skip


def _features(outputs: Sequence[GridOutput]) -> NDArray[np.float32] | None:
    """The mean of what was seen in the parts of a picture, float32 (d,)."""
    found = [output.features for output in outputs if output.features is not None]
    return np.mean(found, axis=0) if found else None


def _to_pixels(image: ImageArray) -> NDArray[np.float32]:
    """uint8 (h, w, 3) -> float32 (1, 3, h, w) in [0, 1]."""
    return np.asarray(cv2.dnn.blobFromImage(image, 1 / 255), np.float32)

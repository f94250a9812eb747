"""Work that is done once and shared by all visitors: models, predictions, drawings.

Everything is keyed by the digest of a picture's bytes and by the version of a model's file, never
by hashing arrays, and every cache has a bound. Models hold no state between calls, so sessions
share them.
"""

from __future__ import annotations

import io
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from salmap import weights
from salmap.analysis.summary import Analysis, analyze
from salmap.analysis.trust import center_bias_share
from salmap.density import resize_log_density
from salmap.errors import WeightsError
from salmap.metrics import sim
from salmap.pictures import load_image, screen_size, see_through, shrink_image
from salmap.pictures.resize import SCREEN_SIDE
from salmap.prediction import GridPrediction, Prediction
from salmap.predictor import load
from salmap.render import Style, View, draw
from salmap.render.web import data_uri
from salmap.types import ImageArray
from salmap.ui import memory
from salmap.ui.given import Given, Observation
from salmap.ui.state import Picture

if TYPE_CHECKING:
    from salmap.predictor import Predictor
    from salmap.weights.hub import ProgressCallback

logger = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

#: how many threads have pictures at full size in work; the rest wait their turn
_turns = threading.BoundedSemaphore(2)
#: all cameras together have one of these turns at most
_cameras = threading.Lock()
#: what stands for values that would take long to hash
_HASHES: dict[str | type, Callable[[Any], str]] = {
    Picture: lambda picture: picture.key,
    Given: lambda given: given.key,
    Observation: lambda observation: observation.key,
    Style: repr,
}
_THUMBNAIL_SIDE = 160
#: longest side, in pixels, of anything shown
_LONGEST = 16_000


def shared(**bounds: Any) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A decorator: what a function returns is kept for all visitors, within these bounds.

    Args:
        bounds: `max_entries` or `max_size`, as `st.cache_data` takes them.
    """
    return st.cache_data(show_spinner=False, hash_funcs=_HASHES, **bounds)


@contextmanager
def turn() -> Iterator[None]:
    """A turn to work on a picture at full size; the memory it took goes back to the system.

    Nothing that waits for a turn itself may be asked for during one.
    """
    with _turns:
        try:
            yield
        finally:
            memory.give_back()


@contextmanager
def camera_turn(patience_s: float) -> Iterator[bool]:
    """A turn for a picture of somebody's camera; false if none came in time.

    Args:
        patience_s: how long it is waited for, in seconds.
    """
    until = time.monotonic() + patience_s
    with ExitStack() as held:
        if _cameras.acquire(timeout=patience_s):
            held.callback(_cameras.release)
            came = _turns.acquire(timeout=max(0.0, until - time.monotonic()))
            if came:
                held.callback(_turns.release)
            yield came
        else:
            yield False


@dataclass(frozen=True)
class ModelVersion:
    """A model as its weight file is now; another one once the file has changed.

    Attributes:
        name: of the model.
        changed: when its file was last changed; "" for a model without one.
    """

    name: str
    changed: str = ""


def model_version(name: str) -> ModelVersion:
    """The present version of a model."""
    entry = next((entry for entry in weights.all_models() if entry.name == name), None)
    path = weights.local_file(entry) if entry else None
    return ModelVersion(name, f"{path.stat().st_mtime_ns}" if path and path.is_file() else "")


@st.cache_resource(max_entries=6, show_spinner=False)
def predictor(model: ModelVersion, _progress: ProgressCallback | None = None) -> Predictor:
    """A model, loaded once for all.

    Args:
        model: which one.
        _progress: as for `salmap.load`; not called for a model that another visitor is loading.

    Raises:
        ModelError, WeightsError: if it is not available.
    """
    loaded = load(model.name, _progress)
    memory.settle()
    return loaded


@st.cache_resource(max_entries=2, show_spinner=False, hash_funcs=_HASHES)
def decoded(picture: Picture) -> ImageArray:
    """A picture at full size: uint8 (H, W, 3), read-only, shared. Takes no turn itself.

    Raises:
        ImageError: if it can't be read.
    """
    stream = io.BytesIO(picture.data)
    stream.name = picture.name  # so that a message names the file
    image = load_image(stream, picture.viewing.background)
    image.flags.writeable = False
    return image


@shared(max_entries=500)
def is_transparent(picture: Picture) -> bool:
    """Whether something behind a picture is seen through it.

    Raises:
        ImageError: if it can't be read.
    """
    return see_through(picture.data)


@dataclass(frozen=True, eq=False)
class CachedPrediction:
    """What is kept of a prediction: at full size it would take four bytes for each pixel.

    Attributes:
        prediction: see `Predictor.predict_grid`.
        size: (height, width) of the picture.
        time_s: how long the model took.
    """

    prediction: GridPrediction
    size: tuple[int, int]
    time_s: float


@shared(max_size="32MB")
def grid_prediction(picture: Picture, model: ModelVersion) -> CachedPrediction:
    """The prediction on the model's own grid; the only place where a model is run.

    Raises:
        SalmapError: if the picture can't be read or the model is not available.
    """
    network = predictor(model)
    with turn():
        image = decoded(picture)
        height, width = image.shape[:2]
        start = time.perf_counter()
        found = network.predict_grid(image, picture.viewing.screen_px, picture.viewing.content)
        taken_s = time.perf_counter() - start
    return CachedPrediction(found, (height, width), taken_s)


def prediction(picture: Picture, model: ModelVersion) -> Prediction:
    """The prediction at full size, brought to it anew each time; see `grid_prediction`."""
    found = grid_prediction(picture, model)
    return found.prediction.full(found.size, model.name)


@contextmanager
def full_prediction(
    picture: Picture, model: ModelVersion, until_s: float | None = None
) -> Iterator[Prediction]:
    """The prediction at full size, and a turn to measure it; `until_s` as for `screen_density`."""
    found = grid_prediction(picture, model)
    with turn():
        yield found.prediction.until(until_s).full(found.size, model.name)


@shared(max_entries=500)
def analysis(picture: Picture, model: ModelVersion, until_s: float | None = None) -> Analysis:
    """Regions and other numbers; see `screen_density` for the arguments and errors."""
    with full_prediction(picture, model, until_s) as found:
        return analyze(found)


@shared(max_size="64MB")
def screen_density(
    picture: Picture, model: ModelVersion, until_s: float | None = None
) -> NDArray[np.float32]:
    """A prediction at screen size, of so many seconds of viewing, or of all; for the errors see
    `grid_prediction` and `Prediction.until`.
    """
    found = grid_prediction(picture, model)
    size = screen_size(found.size, long_side(found.size))
    return np.exp(resize_log_density(found.prediction.until(until_s).grid, size))


@shared(max_size="48MB")
def screen_image(picture: Picture) -> ImageArray:
    """A picture as it is shown, scaled down if it is large."""
    with turn():
        image = decoded(picture)
        return shrink_image(image, long_side(image.shape[:2]))


@shared(max_size="32MB")
def drawing(
    picture: Picture, model: ModelVersion, view: View, style: Style, until_s: float | None = None
) -> str:
    """A view as a data URI, drawn at screen size. The network is not run for it."""
    density = screen_density(picture, model, until_s)
    screens = grid_prediction(picture, model).prediction.screens
    return data_uri(draw(view, screen_image(picture), density, style, screens))


@shared(max_size="32MB")
def original(picture: Picture) -> str:
    """The picture itself as a data URI, at screen size."""
    return data_uri(screen_image(picture))


@shared(max_entries=500)
def thumbnail(picture: Picture) -> str:
    """A small copy as a data URI.

    Raises:
        ImageError: if the picture can't be read.
    """
    return data_uri(shrink_image(screen_image(picture), _THUMBNAIL_SIDE), 80)


@shared(max_entries=500)
def habit(picture: Picture, model: ModelVersion, baseline: ModelVersion) -> float:
    """How much of a prediction a baseline says already; see `salmap.analysis.trust`."""
    return center_bias_share(screen_density(picture, model), screen_density(picture, baseline))


def agreement(
    picture: Picture, model: ModelVersion, others: Iterable[ModelVersion]
) -> dict[str, float]:
    """The share of attention in common with each other model; unavailable ones are left out."""
    shares = {}
    for other in others:
        try:
            shares[other.name] = shared_attention(picture, model, other)
        except WeightsError as error:
            logger.warning("No agreement with %s: %s", other.name, error)
    return shares


@shared(max_entries=500)
def shared_attention(picture: Picture, model: ModelVersion, other: ModelVersion) -> float:
    """The share of attention that two models expect in the same places (SIM)."""
    return sim(screen_density(picture, model), screen_density(picture, other))


def long_side(size: tuple[int, ...], usual: int = SCREEN_SIDE) -> int:
    """The long side, in pixels, at which a picture of (height, width) is shown.

    A picture more than twice as long as wide is shown a part at a time, so it may be longer than
    usual, with as many pixels as one of 2 to 1.
    """
    aspect = max(size) / min(size)
    return min(_LONGEST, round(usual * max(1.0, aspect / 2) ** 0.5))

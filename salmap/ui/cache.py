"""Work that is done once and shared by all visitors: models, predictions, drawings.

Everything is keyed by the digest of a picture's bytes and a model's `version`, never by hashing
arrays, and every cache has a bound. Models hold no state between calls, so sessions share them.
"""

from __future__ import annotations

import base64
import io
import logging
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from salmap import weights
from salmap.analysis.summary import Analysis, analyze
from salmap.analysis.trust import center_bias_share
from salmap.density import resize_log_density
from salmap.errors import WeightsError
from salmap.metrics import sim
from salmap.pictures import load_image, screen_size, shrink_image
from salmap.prediction import Prediction
from salmap.predictor import load
from salmap.render import Style, View, draw, encode_jpeg
from salmap.types import ImageArray
from salmap.ui import memory
from salmap.ui.state import Picture

if TYPE_CHECKING:
    from salmap.predictor import Predictor
    from salmap.weights.hub import ProgressCallback

logger = logging.getLogger(__name__)

#: how many pictures are predicted at the same time; the rest wait their turn
_turns = threading.BoundedSemaphore(2)

_THUMBNAIL_SIDE = 160


def version(model: str) -> str:
    """Changes when the weight file of a model does, so that nothing stale is shown."""
    entry = next((entry for entry in weights.all_models() if entry.name == model), None)
    path = weights.local_file(entry) if entry else None
    return f"{path.stat().st_mtime_ns}" if path and path.is_file() else ""


def predictor(model: str, progress: ProgressCallback | None = None) -> Predictor:
    """A model, loaded once for all.

    Args:
        model: its name.
        progress: as for `salmap.load`; not called for a model that another visitor is loading.

    Raises:
        ModelError, WeightsError: if it can't be had.
    """
    return _predictor(model, version(model), progress)


@st.cache_resource(max_entries=6, show_spinner=False)
def _predictor(model: str, version: str, _progress: ProgressCallback | None) -> Predictor:
    loaded = load(model, _progress)
    memory.settle()
    return loaded


def decoded(picture: Picture) -> ImageArray:
    """A picture at full size: uint8 (H, W, 3), read-only, shared.

    Raises:
        ImageError: if it can't be read.
    """
    return _decoded(picture.digest, picture)


@st.cache_resource(max_entries=2, show_spinner=False)
def _decoded(digest: str, _picture: Picture) -> ImageArray:
    stream = io.BytesIO(_picture.data)
    stream.name = _picture.name  # so that a message names the file
    image = load_image(stream)
    image.flags.writeable = False
    return image


@dataclass(frozen=True, eq=False)
class _Looked:
    """What is kept of a prediction: at full size it would take four bytes for each pixel.

    Attributes:
        grid: see `Predictor.predict_grid`.
        size: (height, width) of the picture.
        time_s: how long the model took.
    """

    grid: NDArray[np.float32]
    size: tuple[int, int]
    time_s: float


def _looked(picture: Picture, model: str) -> _Looked:
    return _looked_at(picture.digest, model, version(model), picture)


@st.cache_data(show_spinner=False, max_size="32MB")
def _looked_at(digest: str, model: str, version: str, _picture: Picture) -> _Looked:
    network, image = predictor(model), decoded(_picture)
    height, width = image.shape[:2]
    with _turns:
        start = time.perf_counter()
        looked = _Looked(network.predict_grid(image), (height, width), time.perf_counter() - start)
        memory.give_back()
    return looked


def prediction(picture: Picture, model: str) -> Prediction:
    """The prediction at full size, brought to it anew each time.

    Raises:
        SalmapError: if the picture can't be read or the model can't be had.
    """
    looked = _looked(picture, model)
    return Prediction(resize_log_density(looked.grid, looked.size), model)


def time_taken_s(picture: Picture, model: str) -> float:
    """How long the model took for the prediction, in seconds, without waiting for its turn."""
    return _looked(picture, model).time_s


def analysis(picture: Picture, model: str) -> Analysis:
    """Regions and other numbers; see `prediction` for the errors."""
    return _analysis(picture.digest, model, version(model), picture)


@st.cache_data(show_spinner=False, max_entries=500)
def _analysis(digest: str, model: str, version: str, _picture: Picture) -> Analysis:
    return analyze(prediction(_picture, model))


def screen_density(picture: Picture, model: str) -> NDArray[np.float32]:
    """A prediction at screen size; see `prediction` for the errors."""
    return _screen_density(picture.digest, model, version(model), picture)


@st.cache_data(show_spinner=False, max_size="128MB")
def _screen_density(
    digest: str, model: str, version: str, _picture: Picture
) -> NDArray[np.float32]:
    looked = _looked(_picture, model)
    return np.exp(resize_log_density(looked.grid, screen_size(looked.size)))


def screen_image(picture: Picture) -> ImageArray:
    """A picture as it is shown, scaled down if it is large."""
    return _screen_image(picture.digest, picture)


@st.cache_data(show_spinner=False, max_size="64MB")
def _screen_image(digest: str, _picture: Picture) -> ImageArray:
    return shrink_image(decoded(_picture))


def drawing(picture: Picture, model: str, view: View, look: Style) -> str:
    """A view as a data URI, drawn at screen size. The network is not run for it."""
    return _drawing(picture.digest, model, version(model), str(view), look, picture)


@st.cache_data(show_spinner=False, max_size="64MB", hash_funcs={Style: repr})
def _drawing(
    digest: str, model: str, version: str, view: str, look: Style, _picture: Picture
) -> str:
    density = screen_density(_picture, model)
    return data_uri(encode_jpeg(draw(View(view), screen_image(_picture), density, look), 88))


def original(picture: Picture) -> str:
    """The picture itself as a data URI, at screen size."""
    return _original(picture.digest, picture)


@st.cache_data(show_spinner=False, max_size="64MB")
def _original(digest: str, _picture: Picture) -> str:
    return data_uri(encode_jpeg(screen_image(_picture), 88))


def thumbnail(picture: Picture) -> str:
    """A small copy as a data URI.

    Raises:
        ImageError: if the picture can't be read.
    """
    return _thumbnail(picture.digest, picture)


@st.cache_data(show_spinner=False, max_entries=500)
def _thumbnail(digest: str, _picture: Picture) -> str:
    return data_uri(encode_jpeg(shrink_image(decoded(_picture), _THUMBNAIL_SIDE), 80))


def habit(picture: Picture, model: str, baseline: str) -> float:
    """How much of a prediction a baseline says already; see `salmap.analysis.trust`."""
    return _habit(picture.digest, model, baseline, _versions(model, baseline), picture)


@st.cache_data(show_spinner=False, max_entries=500)
def _habit(digest: str, model: str, baseline: str, versions: str, _picture: Picture) -> float:
    return center_bias_share(screen_density(_picture, model), screen_density(_picture, baseline))


def common_looks(picture: Picture, model: str, others: Iterable[str]) -> dict[str, float]:
    """What each other model has in common with this one; those that can't be had are left out."""
    shares = {}
    for other in others:
        try:
            versions = _versions(model, other)
            shares[other] = _common_looks(picture.digest, model, other, versions, picture)
        except WeightsError as error:
            logger.warning("No agreement with %s: %s", other, error)
    return shares


@st.cache_data(show_spinner=False, max_entries=500)
def _common_looks(digest: str, model: str, other: str, versions: str, _picture: Picture) -> float:
    return sim(screen_density(_picture, model), screen_density(_picture, other))


def _versions(*models: str) -> str:
    return " ".join(map(version, models))


def data_uri(jpeg: bytes) -> str:
    """The bytes of a JPEG as something a browser shows."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"

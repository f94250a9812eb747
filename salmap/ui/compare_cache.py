"""What the Compare page draws and computes, done once for all; see `salmap.ui.cache`.

Everything here works on predictions at screen size, so that four models cost little memory.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from salmap.analysis import agreement as compare
from salmap.analysis.agreement import Agreement
from salmap.density import shrink_density
from salmap.errors import FixationsError
from salmap.fixations.brought import (
    Evidence,
    as_log_density,
    make_evidence,
    read_brought,
)
from salmap.fixations.frame import Reading, read_settings
from salmap.fixations.placing import Placed
from salmap.fixations.preview import Preview, preview
from salmap.metrics import Scores
from salmap.pictures import image_size, screen_size, shrink_image
from salmap.render import Style, View, difference_view, draw
from salmap.render.web import data_uri
from salmap.types import ImageArray, MapArray
from salmap.ui import cache
from salmap.ui.cache import ModelVersion, shared
from salmap.ui.given import Observation
from salmap.ui.state import Picture

#: long side, in pixels, of pictures that stand side by side
TILE_SIDE = 960


@shared(max_size="32MB")
def tile(picture: Picture, model: ModelVersion, view: View, style: Style) -> str:
    """A view of a model's prediction as a data URI, at `TILE_SIDE`."""
    density = _small(cache.screen_density(picture, model))
    screens = cache.grid_prediction(picture, model).prediction.screens
    return data_uri(draw(view, small_image(picture), density, style, screens))


@shared(max_size="32MB")
def small_image(picture: Picture) -> ImageArray:
    """A picture at `TILE_SIDE`: uint8 (h, w, 3)."""
    image = cache.screen_image(picture)
    return shrink_image(image, cache.long_side(image.shape[:2], TILE_SIDE))


@shared(max_size="32MB")
def difference(
    picture: Picture, a: ModelVersion, b: ModelVersion, smoothing: float, gain: int
) -> tuple[str, float]:
    """Where two models differ, as a data URI, and the limit of its scale, divided by `gain`."""
    small = [_small(cache.screen_density(picture, model)) for model in (a, b)]
    image, limit = difference_view(small[0], small[1], smoothing, gain)
    return data_uri(image), limit


@shared(max_entries=500)
def agreement(picture: Picture, a: ModelVersion, b: ModelVersion) -> Agreement:
    """How far two models agree on a picture."""
    return compare.agreement(cache.screen_density(picture, a), cache.screen_density(picture, b))


@shared(max_entries=50)
def evidence(observation: Observation, center_bias: ModelVersion) -> Evidence:
    """Where people looked on a picture.

    Args:
        observation: what the visitor gave.
        center_bias: the model from which negatives are drawn where there are no other pictures.

    Raises:
        FixationsError: if the file is wrong or has nothing for this picture.
        SalmapError: if the center bias is not available.
    """
    picture, others = observation.picture, observation.others
    placed = brought(observation)
    found = placed.fixations.get(picture.name)
    if found is None:
        raise FixationsError(
            f"{observation.given.name} has no fixations on {picture.name}. Show a picture that it "
            "has some on."
        )
    size = image_size(picture.data)
    elsewhere = [(placed.fixations.get(other.name), image_size(other.data)) for other in others]
    return make_evidence(
        found,
        size,
        cache.screen_density(picture, center_bias),
        observation.sigma_share * max(size),
        [(fixations, area) for fixations, area in elsewhere if fixations],
    )


@shared(max_entries=8)
def brought(observation: Observation) -> Placed:
    """The fixations in a visitor's file on the pictures at hand.

    Raises:
        FixationsError: if the file is wrong or has nothing for these pictures.
    """
    picture, given = observation.picture, observation.given
    sizes = {p.name: image_size(p.data) for p in (picture, *observation.others)}
    placed = read_brought(
        given.name, given.data, picture.name, sizes, read_settings(given.settings)
    )
    if given.picture != picture.digest and not placed.names_images:
        raise FixationsError(
            f"{given.name} was given for another picture. Upload the fixations on {picture.name}, "
            "or go back to that picture."
        )
    return placed


def shown(observation: Observation, reading: Reading) -> tuple[ImageArray, Preview]:
    """A small copy of the picture, and where fixations fall on it if the file is read like this.

    Raises:
        FixationsError: if it can't be read so.
    """
    picture, given = observation.picture, observation.given
    size, image = image_size(picture.data), small_image(picture)
    found = preview(given.name, given.data, {picture.name: size}, reading)
    return image, replace(found, fixations=found.fixations.scaled(size, image.shape[:2]))


def truth_tile(
    observation: Observation, center_bias: ModelVersion, view: View, style: Style
) -> str:
    """A view of where people looked, as a data URI; see `evidence` for the errors."""
    image = small_image(observation.picture)
    return data_uri(draw(view, image, _truth_density(observation, center_bias), style))


@shared(max_size="32MB")
def _truth_density(observation: Observation, center_bias: ModelVersion) -> NDArray[np.float32]:
    found = evidence(observation, center_bias)
    return _small(found.truth.density())


@shared(max_entries=500)
def scores(observation: Observation, center_bias: ModelVersion, model: ModelVersion) -> Scores:
    """How well a model predicts the fixations given; see `evidence` for the errors."""
    bias = cache.screen_density(observation.picture, center_bias)
    density = cache.screen_density(observation.picture, model)
    scorer = evidence(observation, center_bias).scorer(bias)
    return scorer.score_density(as_log_density(density))


def _small(density: MapArray) -> NDArray[np.float32]:
    """A density at `TILE_SIDE`: (h, w)."""
    height, width = density.shape
    side = cache.long_side(density.shape, TILE_SIDE)
    return shrink_density(density, screen_size((height, width), side))

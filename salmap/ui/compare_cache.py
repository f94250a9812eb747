"""What the Compare page draws and computes, done once for all; see `salmap.ui.cache`.

Everything here works on predictions at screen size, so that four models cost little memory.
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from salmap.analysis import agreement as compare
from salmap.analysis.agreement import Agreement
from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.density import shrink_density
from salmap.errors import FixationsError
from salmap.fixations.brought import (
    Evidence,
    as_log_density,
    fixations_on,
    make_evidence,
    read_fixations,
)
from salmap.metrics import Scores
from salmap.pictures import image_size, screen_size, shrink_image
from salmap.render import Style, View, difference_view, draw, encode_jpeg
from salmap.types import Fixations, ImageArray
from salmap.ui import cache, state
from salmap.ui.given import Given
from salmap.ui.state import Picture

#: long side, in pixels, of pictures that stand side by side
TILE_SIDE = 960


def tile(picture: Picture, model: str, view: View, look: Style) -> str:
    """A view of a model's prediction as a data URI, at `TILE_SIDE`."""
    return _tile(picture.digest, model, cache.version(model), str(view), look, picture)


@st.cache_data(show_spinner=False, max_size="64MB", hash_funcs={Style: repr})
def _tile(digest: str, model: str, version: str, view: str, look: Style, _picture: Picture) -> str:
    density = _small(cache.screen_density(_picture, model))
    return _uri(draw(View(view), small_image(_picture), density, look))


def small_image(picture: Picture) -> ImageArray:
    """A picture at `TILE_SIDE`: uint8 (h, w, 3)."""
    return _small_image(picture.digest, picture)


@st.cache_data(show_spinner=False, max_size="64MB")
def _small_image(digest: str, _picture: Picture) -> ImageArray:
    return shrink_image(cache.screen_image(_picture), TILE_SIDE)


def difference(picture: Picture, a: str, b: str, smoothing: float, gain: int) -> tuple[str, float]:
    """Where two models differ, as a data URI, and the limit of its scale, divided by `gain`."""
    return _difference(picture.digest, a, b, _versions(a, b), smoothing, gain, picture)


@st.cache_data(show_spinner=False, max_size="32MB")
def _difference(
    digest: str, a: str, b: str, versions: str, smoothing: float, gain: int, _picture: Picture
) -> tuple[str, float]:
    small = [_small(cache.screen_density(_picture, model)) for model in (a, b)]
    image, limit = difference_view(small[0], small[1], smoothing, gain)
    return _uri(image), limit


def agreement(picture: Picture, a: str, b: str) -> Agreement:
    """What two models have in common on a picture."""
    return _agreement(picture.digest, a, b, _versions(a, b), picture)


@st.cache_data(show_spinner=False, max_entries=500)
def _agreement(digest: str, a: str, b: str, versions: str, _picture: Picture) -> Agreement:
    return compare.agreement(cache.screen_density(_picture, a), cache.screen_density(_picture, b))


def truth(picture: Picture, given: Given, sigma_share: float) -> Evidence:
    """Where people looked on a picture, as a visitor's file tells it.

    Args:
        picture: the picture.
        given: the file.
        sigma_share: one degree of visual angle as a share of the picture's long side.

    Raises:
        FixationsError: if the file is wrong or has nothing for this picture.
        SalmapError: if the center bias can't be had.
    """
    others = [p for p in state.pictures() if p.digest != picture.digest]
    known = " ".join(f"{p.name} {p.digest}" for p in (picture, *others))
    bias = cache.version(CENTER_BIAS_MODEL)
    return _truth(given.digest, given.picture, known, sigma_share, bias, picture, given, others)


@st.cache_data(show_spinner=False, max_entries=50)
def _truth(
    digest: str, given_for: str, pictures: str, sigma_share: float, bias: str,
    _picture: Picture, _given: Given, _others: list[Picture],
) -> Evidence:  # fmt: skip
    height, width = cache.decoded(_picture).shape[:2]
    looks = _looks(digest, _given, (height, width))
    found = fixations_on(_picture.name, looks)
    if found is None and given_for == _picture.digest:
        found = looks.get("")
    if found is None:
        raise FixationsError(_missing(_picture, _given, looks))
    elsewhere = [(other, fixations_on(other.name, looks)) for other in _others]
    return make_evidence(
        found,
        (height, width),
        cache.screen_density(_picture, CENTER_BIAS_MODEL),
        sigma_share * max(height, width),
        [(fixations, image_size(p.data)) for p, fixations in elsewhere if fixations],
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _looks(digest: str, _given: Given, size: tuple[int, int]) -> dict[str, Fixations]:
    return read_fixations(_given.name, _given.data, size)


def _missing(picture: Picture, given: Given, looks: dict[str, Fixations]) -> str:
    if "" in looks:
        return (
            f"{given.name} was given for another picture. Give the fixations on {picture.name}, "
            "or go back to that picture."
        )
    names = ", ".join(sorted(looks)[:3])
    return (
        f"{given.name} has no fixations on {picture.name}; its column image has {names}"
        f"{' and others' if len(looks) > 3 else ''}. Show one of these pictures, or leave the "
        "column out."
    )


def truth_tile(
    picture: Picture, given: Given, sigma_share: float, found: Evidence, view: View, look: Style
) -> str:
    """A view of where people looked, as a data URI.

    Args:
        picture, given, sigma_share: as for `truth`.
        found: what `truth` gave for them.
        view, look: how it is drawn.
    """
    density = _truth_density(picture.digest, given.digest, sigma_share, found)
    return _uri(draw(view, small_image(picture), density, look))


@st.cache_data(show_spinner=False, max_size="32MB")
def _truth_density(
    digest: str, given: str, sigma_share: float, _found: Evidence
) -> NDArray[np.float32]:
    return shrink_density(_found.truth.density(), screen_size(_found.truth.size, TILE_SIDE))


def scores(picture: Picture, model: str, given: Given, sigma_share: float) -> Scores:
    """How a model does on the fixations given; see `truth` for the errors."""
    versions = _versions(model, CENTER_BIAS_MODEL)
    found = truth(picture, given, sigma_share)
    negatives = f"{found.other_pictures} {len(found.nonfixations)}"
    return _scores(
        picture.digest, model, versions, given.digest, sigma_share, negatives, picture, found
    )


@st.cache_data(show_spinner=False, max_entries=500)
def _scores(
    digest: str, model: str, versions: str, given: str, sigma_share: float, negatives: str,
    _picture: Picture, _evidence: Evidence,
) -> Scores:  # fmt: skip
    bias = cache.screen_density(_picture, CENTER_BIAS_MODEL)
    log_density = as_log_density(cache.screen_density(_picture, model))
    return _evidence.scorer(bias).score_density(log_density)


def _small(density: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = density.shape
    return shrink_density(density, screen_size((height, width), TILE_SIDE))


def _uri(image: ImageArray) -> str:
    return cache.data_uri(encode_jpeg(image, 88))


def _versions(a: str, b: str) -> str:
    return f"{cache.version(a)} {cache.version(b)}"

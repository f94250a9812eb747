"""Two versions of a design: a slider that swipes between them, and where attention moves."""

from __future__ import annotations

import streamlit as st

from salmap.density import shrink_density
from salmap.pictures import resize
from salmap.render import Style, View, difference_view, draw
from salmap.render.web import data_uri
from salmap.ui import cache, compare_cache
from salmap.ui.cache import ModelVersion, shared
from salmap.ui.components.pair import difference_scale, pick
from salmap.ui.components.viewer import viewer
from salmap.ui.state import Picture


def version_pair(pictures: dict[str, Picture], model: ModelVersion, style: Style) -> None:
    """Choose two versions, swipe between their overlays, and see their signed difference.

    Both are brought to the size of the left one.
    """
    names = list(pictures)
    first, second = st.columns(2, gap="medium")
    left = pick(first, "Left", "version_left", names)
    right = pick(second, "Right", "version_right", [name for name in names if name != left])
    a, b = pictures[left], pictures[right]
    height, width = compare_cache.small_image(a).shape[:2]
    swipe, difference = st.columns(2, gap="medium")
    with swipe:
        drawn = [
            (name, aligned_overlay(picture, model, style, (height, width)))
            for name, picture in ((left, a), (right, b))
        ]
        viewer("version_swipe", (height, width), drawn[0], drawn[1], f"{left} and {right}")
    with difference:
        signed, limit = moved_attention(a, b, model, style.smoothing)
        alt = f"Where {left} and {right} differ"
        original = (left, data_uri(compare_cache.small_image(a)))
        viewer("version_difference", (height, width), original, ("Difference", signed), alt)
        st.html(difference_scale(f"{right} draws more", f"{left} draws more", limit))


@shared(max_size="32MB")
def aligned_overlay(
    picture: Picture, model: ModelVersion, style: Style, size: tuple[int, int]
) -> str:
    """The overlay of a version at a given (height, width), as a data URI."""
    image = compare_cache.small_image(picture)
    density = shrink_density(cache.screen_density(picture, model), image.shape[:2])
    drawn = draw(View.OVERLAY, image, density, style)
    return data_uri(resize(drawn, size) if image.shape[:2] != size else drawn)


@shared(max_size="32MB")
def moved_attention(
    a: Picture, b: Picture, model: ModelVersion, smoothing: float
) -> tuple[str, float]:
    """Where version b draws more or less than a, at a's size, and the limit of the scale."""
    size = compare_cache.small_image(a).shape[:2]
    first, second = (
        shrink_density(cache.screen_density(picture, model), size) for picture in (a, b)
    )
    image, limit = difference_view(first, second, smoothing)
    return data_uri(image), limit

"""A view of the order in which people may fixate a picture."""

from __future__ import annotations

import streamlit as st

from salmap.errors import TimingError
from salmap.render import draw_scanpaths
from salmap.render.web import data_uri
from salmap.timing import EDGES_S
from salmap.ui import cache, words
from salmap.ui.cache import ModelVersion, shared
from salmap.ui.components.legend import Legend
from salmap.ui.state import Picture

#: what the view is called
SCANPATHS = "Scanpaths"
_LEGEND = Legend(
    "A typical order of fixations is numbered; thin lines are 20 other likely orders. Nobody "
    "follows one exactly: the orders of two people differ about as much."
)


def scanpaths_view(
    picture: Picture, model: ModelVersion, until_s: float | None
) -> tuple[str, Legend | None]:
    """The picture with scanpaths of so many seconds, or of all three, as a data URI.

    Where they are not known, it is said why, and the picture is shown as it is.
    """
    try:
        return _drawing(picture, model, until_s or EDGES_S[-1]), _LEGEND
    except TimingError as error:
        st.info(words.message(error))
        return cache.original(picture), None


@shared(max_size="32MB")
def _drawing(picture: Picture, model: ModelVersion, seconds: float) -> str:
    found, image = cache.grid_prediction(picture, model), cache.screen_image(picture)
    shown = found.prediction.full((image.shape[0], image.shape[1]), model.name)
    paths, typical = shown.scanpaths(seconds=seconds), shown.typical_scanpath(seconds)
    return data_uri(draw_scanpaths(image, paths, typical))

"""Clarity: whether a picture gathers attention in a few places or scatters it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from salmap.density import normalize
from salmap.regions import attention_area, top_regions
from salmap.screens import Screens
from salmap.types import MapArray

#: concentration of validation pictures, by model and data set; made by `benchmarks/clarity.py`
TABLE = Path(__file__).with_name("usual_clarity.json")
#: what the data sets of `TABLE` show
_KINDS = {
    "osie": "photos of everyday scenes",
    "saliency-in-crowd": "photos of crowds",
    "scene": "photos of places",
}
_MOST = 100  # regions that are counted, more than any picture has


@dataclass(frozen=True)
class Clarity:
    """Plain numbers about how attention is spread over a picture.

    Attributes:
        entropy_bits: Shannon entropy of the density over the picture's pixels, in bits.
        concentration_bits: log2 of the number of pixels minus the entropy, which does not depend
            on the picture's size: 0 if attention is the same everywhere, and one more bit each
            time it gathers on half the area.
        half_area: the smallest share of the picture, in [0, 1], that holds half of all attention.
        places: how many salient regions it takes to hold half of all attention; None if all of
            them together hold less.
    """

    entropy_bits: float
    concentration_bits: float
    half_area: float
    places: int | None


def clarity(density: MapArray) -> Clarity:
    """Measure how attention is spread over a picture.

    Args:
        density: (H, W), non-negative; scaled to sum to 1.

    Raises:
        DensityError: if it is not a density.
    """
    values = normalize(density)
    positive = values[values > 0]
    entropy = -float(positive @ np.log2(positive))
    held = np.cumsum([region.share for region in top_regions(density, _MOST)])
    enough = np.flatnonzero(held >= 0.5)
    return Clarity(
        entropy_bits=entropy,
        concentration_bits=max(0.0, math.log2(values.size) - entropy),
        half_area=attention_area(density, 0.5),
        places=int(enough[0]) + 1 if len(enough) else None,
    )


def rank_among_validation_pictures(
    found: Clarity, model: str, screens: Screens | None = None
) -> dict[str, float]:
    """How many validation pictures of each kind are less concentrated, as this model sees them.

    Args:
        found: what was measured of a picture, as the model predicted it.
        model: its name.
        screens: how the picture was cut, if it was; the validation pictures were not.

    Returns:
        Kind of picture -> share of the validation pictures of this kind, in [0, 1]; empty for a
        model that was not measured, and for a picture that was seen screen by screen.
    """
    if screens is not None:
        return {}
    return {
        _KINDS.get(dataset, dataset): float(
            np.interp(found.concentration_bits, usual["percentiles"], np.linspace(0, 1, 21))
        )
        for dataset, usual in _usual().get(model, {}).items()
    }


@cache
def _usual() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TABLE.read_text("utf-8"))["models"]
    return found

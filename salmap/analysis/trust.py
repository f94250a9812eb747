"""How far to trust a prediction: how much of it is center bias, and how well its model scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from salmap.density import normalize
from salmap.errors import DensityError
from salmap.metrics import GOLD_STANDARD_KEY
from salmap.types import MapArray

if TYPE_CHECKING:
    from salmap.weights.info import ModelInfo

#: name of the model that ignores the picture
CENTER_BIAS_MODEL = "center-bias"


def center_bias_share(density: MapArray, center_bias: MapArray) -> float:
    """How much of a prediction's information the center bias holds already.

    Of the information that a prediction p holds over "anywhere" (the uniform density u), the
    part that the center bias c gives about fixations drawn from p:
    E_p[log c/u] / E_p[log p/u]. It is the "explained information" of Kuemmerer, Wallis and Bethge
    2015 (PNAS 112:16054) with the prediction in the place of the fixations.

    Args:
        density, center_bias: (H, W) each, non-negative, positive wherever the other is.

    Returns:
        In [0, 1]; 1 for the center bias itself, 0 where it is no better than guessing, and 1 for
        a prediction that is the same everywhere and so holds no information.

    Raises:
        DensityError: if the sizes differ or one is not a density.
    """
    if density.shape != center_bias.shape:
        raise DensityError(
            f"The prediction has {density.shape} pixels and the center bias "
            f"{center_bias.shape}. Give both for the same picture."
        )
    p, c = normalize(density), normalize(center_bias)
    where = p > 0
    weights = p[where]
    information = float(weights @ np.log(weights * p.size))
    if information < 1e-6:
        return 1.0
    with np.errstate(divide="ignore"):
        explained = float(weights @ np.log(c[where] * p.size))
    return float(np.clip(explained / information, 0, 1))


@dataclass(frozen=True)
class UsualScore:
    """How well a model scored on pictures of one data set that it was not trained on.

    Attributes:
        dataset: its name.
        bits: information gain over the center bias, in bits per fixation.
        interval: its 95 % interval (low, high), or None where it is unknown.
        gold_standard_bits: information gain of the gold standard, or None where it is unknown.
    """

    dataset: str
    bits: float
    interval: tuple[float, float] | None = None
    gold_standard_bits: float | None = None


def usual_scores(info: ModelInfo | None) -> list[UsualScore]:
    """The scores stored with a model, one for each data set; empty where there are none."""
    found = []
    for dataset, scores in (info.scores if info else {}).items():
        if not scores.get("ig"):
            continue
        bits, *interval = scores["ig"]
        gold = scores.get(GOLD_STANDARD_KEY)
        between = (interval[0], interval[1]) if len(interval) == 2 else None
        found.append(UsualScore(dataset, bits, between, gold[0] if gold else None))
    return found

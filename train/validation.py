"""Scores of a network on held-out pictures, at full resolution, each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from accelerate.utils import gather_object
from numpy.typing import NDArray

from salmap.metrics import information_gain, nss
from salmap.types import ImageArray

from .training_set import HeldOut

#: uint8 (H, W, 3) -> log density float32 (H, W)
Predict: TypeAlias = Callable[[ImageArray], NDArray[np.float32]]
#: data set -> {"ig": bits per fixation over the center bias, "nss": ...}, averaged over pictures
Scores: TypeAlias = dict[str, dict[str, float]]


def validate(predict: Predict, sets: Sequence[HeldOut], rank: int = 0, world: int = 1) -> Scores:
    """Mean information gain over center bias and NSS for each data set.

    Args:
        predict: the network.
        sets: the pictures.
        rank, world: this process scores every `world`-th picture; all get the whole result.
    """
    rows: list[tuple[str, float, float]] = []
    for held_out in sets:
        pictures = held_out.pictures
        for index in range(rank, len(pictures), world):
            sample = pictures[index]
            log_density = predict(sample.stimulus)
            prior = held_out.baseline.log_density(log_density.shape)
            ig = information_gain(log_density, prior, sample.fixations)
            rows.append((pictures.name, ig, nss(np.exp(log_density), sample.fixations)))
    rows = gather_object(rows)
    return {
        name: {
            "ig": float(np.mean([ig for of, ig, _ in rows if of == name])),
            "nss": float(np.mean([value for of, _, value in rows if of == name])),
        }
        for name in (held_out.pictures.name for held_out in sets)
    }

"""Scores of a network on held-out pictures, at full resolution, each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from accelerate.utils import gather_object
from numpy.typing import NDArray

from salmap.center_bias import fitted
from salmap.density import resize_log_density
from salmap.metrics import information_gain, nss
from train.datasets import FixationDataset


class ValidationSet(NamedTuple):
    """Held-out pictures and the centre bias of their data set's training pictures."""

    pictures: FixationDataset
    center_bias: NDArray[np.float32]


def fit_center_bias(training: FixationDataset) -> NDArray[np.float32]:
    """The centre bias of a training split: a (64, 64) log density."""
    return fitted((training.fixations(i), training.size(i)) for i in range(len(training)))


def validate(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    sets: Sequence[ValidationSet],
    rank: int = 0,
    world: int = 1,
) -> dict[str, dict[str, float]]:
    """Mean information gain over centre bias and NSS for each data set.

    Args:
        predict: uint8 (H, W, 3) -> log density (H, W).
        sets: the pictures.
        rank, world: this process scores every `world`-th picture; all get the whole result.

    Returns:
        data set -> {"ig": bits per fixation, "nss": ...}, averaged over pictures.
    """
    scores: list[tuple[str, float, float]] = []
    for pictures, center_bias in sets:
        for index in range(rank, len(pictures), world):
            sample = pictures[index]
            log_density = predict(sample.stimulus)
            baseline = resize_log_density(center_bias, sample.stimulus.shape[:2])
            ig = information_gain(log_density, baseline, sample.fixations)
            scores.append((pictures.name, ig, nss(np.exp(log_density), sample.fixations)))
    scores = gather_object(scores)
    names = [pictures.name for pictures, _ in sets]
    return {
        name: {
            "ig": float(np.mean([ig for of, ig, _ in scores if of == name])),
            "nss": float(np.mean([value for of, _, value in scores if of == name])),
        }
        for name in names
    }

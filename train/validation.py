"""Scores of a network on held-out pictures, at full resolution, each epoch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from accelerate.utils import gather_object
from numpy.typing import NDArray

from salmap.datasets import FixationDataset
from salmap.evaluation.baseline import Baseline, fit_baseline
from salmap.metrics import information_gain, nss


class ValidationSet(NamedTuple):
    """Held-out pictures and the center bias of their data set's training pictures."""

    pictures: FixationDataset
    baseline: Baseline


def training_baseline(training: FixationDataset) -> Baseline:
    """The center bias of a training split."""
    stimuli = [(training.fixations(i), training.size(i)) for i in range(len(training))]
    return fit_baseline(stimuli, f"the training split of {training.name}")


def validate(
    predict: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    sets: Sequence[ValidationSet],
    rank: int = 0,
    world: int = 1,
) -> dict[str, dict[str, float]]:
    """Mean information gain over center bias and NSS for each data set.

    Args:
        predict: uint8 (H, W, 3) -> log density (H, W).
        sets: the pictures.
        rank, world: this process scores every `world`-th picture; all get the whole result.

    Returns:
        data set -> {"ig": bits per fixation, "nss": ...}, averaged over pictures.
    """
    scores: list[tuple[str, float, float]] = []
    for pictures, baseline in sets:
        for index in range(rank, len(pictures), world):
            sample = pictures[index]
            log_density = predict(sample.stimulus)
            prior = baseline.log_density(log_density.shape)
            ig = information_gain(log_density, prior, sample.fixations)
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

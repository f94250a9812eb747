"""Scores of a network on held-out pictures, at full resolution, each epoch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

import numpy as np
from accelerate.utils import gather_object
from numpy.typing import NDArray

from salmap.datasets import Sample
from salmap.evaluation.baseline import Baseline
from salmap.metrics import information_gain, nss
from salmap.types import ImageArray

from .training_set import HeldOut

#: pictures uint8 (H, W, 3) -> the log density float32 (H, W) of each, in order
Predict: TypeAlias = Callable[[Iterable[ImageArray]], Iterator[NDArray[np.float32]]]
#: data set -> {"ig": bits per fixation over the center bias, "nss": ...}, averaged over pictures
Scores: TypeAlias = dict[str, dict[str, float]]
#: pictures that are in memory together
AT_ONCE = 64


def validate(predict: Predict, sets: Sequence[HeldOut], rank: int = 0, world: int = 1) -> Scores:
    """Mean information gain over center bias and NSS for each data set.

    Pictures are read and scored in threads while others are predicted.

    Args:
        predict: the network.
        sets: the pictures.
        rank, world: this process scores every `world`-th picture; all get the whole result.
    """
    rows: list[tuple[str, float, float]] = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for held_out in sets:
            mine = range(rank, len(held_out.pictures), world)
            for start in range(0, len(mine), AT_ONCE):
                some = mine[start : start + AT_ONCE]
                samples = list(threads.map(held_out.pictures.__getitem__, some))
                predicted = predict([sample.stimulus for sample in samples])
                rows += threads.map(partial(_score, held_out.baseline), samples, predicted)
    rows = gather_object(rows)
    return {
        name: {
            "ig": float(np.mean([ig for of, ig, _ in rows if of == name])),
            "nss": float(np.mean([value for of, _, value in rows if of == name])),
        }
        for name in (held_out.pictures.name for held_out in sets)
    }


def _score(
    baseline: Baseline, sample: Sample, log_density: NDArray[np.float32]
) -> tuple[str, float, float]:
    prior = baseline.log_density(log_density.shape)
    gain = information_gain(log_density, prior, sample.fixations)
    return sample.dataset, gain, nss(np.exp(log_density), sample.fixations)

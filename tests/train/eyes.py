"""Made-up viewers of made-up pictures, for the tests of evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from salmap.datasets import FixationDataset, Record
from salmap.fixations.scoring import Truth
from salmap.types import Fixations

SIZES = [(48, 64), (40, 40)]


def gaze(rng, size, viewers=4, each=6, spread=0.08, agree=0.8):
    """Viewers who look at one common spot with probability `agree`, else anywhere."""
    spot = rng.uniform(0.2, 0.8, 2)
    count = viewers * each
    anywhere = rng.uniform(0, 1, (count, 2))
    near = spot + rng.normal(0, spread, (count, 2))
    shares = np.where(rng.random((count, 1)) < agree, near, anywhere).clip(0, 0.999)
    pixels = np.floor(shares * size[::-1])
    return Fixations(
        pixels[:, 0],
        pixels[:, 1],
        np.repeat(np.arange(viewers), each),
        np.tile(np.arange(each), viewers),
    )


def truths(count=6, seed=0, sizes=SIZES, **how):
    """Truths without pictures."""
    rng = np.random.default_rng(seed)
    chosen = [sizes[i % len(sizes)] for i in range(count)]
    return [
        Truth(f"{i}.png", size, gaze(rng, size, **how), 3.0, "ab"[i % 2], i)
        for i, size in enumerate(chosen)
    ]


def dataset(folder: Path, count=10, train=6, seed=0, **how):
    """A data set with pictures: the first `train` for training, the others for validation."""
    records = []
    for truth in truths(count, seed, **how):
        pixels = np.random.default_rng(truth.index).integers(0, 255, (*truth.size, 3), np.uint8)
        path = folder / truth.name
        Image.fromarray(pixels).save(path)
        records.append(Record(truth.name, path, truth.fixations, truth.category))
    names = [r.name for r in records]
    splits = {"train": names[:train], "val": names[train:]}
    return FixationDataset("made-up", records, sigma_px=3.0, splits=splits)

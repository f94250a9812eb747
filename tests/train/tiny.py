"""A data set and a network small enough to train in a second."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file

from salmap.datasets import FixationDataset, Record
from salmap.networks import PRESETS, EncoderConfig, NetworkConfig, Pretrained
from salmap.types import Fixations
from train.machine import Resources
from train.recipe import FinetuneSettings, FrozenSettings, Recipe

RECIPE = Recipe(
    "tiny", "lite", size=64,
    frozen=FrozenSettings(epochs=2, batch=4),
    finetune=FinetuneSettings(epochs=2, batch=4, crop=0.5),
)  # fmt: skip
NO_WORKERS = Resources(workers=0)
#: an encoder of few layers, and a network of it
ENCODER = EncoderConfig("test_efficientnet", (2, 3, 4))
CONFIG = NetworkConfig((ENCODER,), size=64, width=16)


def use_small_network() -> None:
    """Have recipes for `lite` make a network of a few layers: tests are about training."""
    PRESETS["lite"] = replace(PRESETS["lite"], encoders=(Pretrained(ENCODER, ""),))


def changed(settings: dict[str, Any], recipe: Recipe = RECIPE) -> Recipe:
    """A recipe with other settings, such as {"size": 96, "finetune.batch": 2}."""
    for name, value in settings.items():
        table, _, key = name.rpartition(".")
        if table:
            name, value = table, replace(getattr(recipe, table), **{key: value})  # noqa: PLW2901
        recipe = replace(recipe, **{name: value})
    return recipe


def make_dataset(
    folder: Path, pictures: int = 12, name: str = "tiny", size: tuple[int, int] = (48, 64)
) -> FixationDataset:
    """Noise with one bright square each, on which all fixations fall; every fourth is "val"."""
    rng = np.random.default_rng(7)
    height, width = size
    folder.mkdir(parents=True, exist_ok=True)
    records = []
    for number in range(pictures):
        left, top = int(rng.integers(0, width - 12)), int(rng.integers(0, height - 12))
        image = rng.integers(0, 80, (height, width, 3), np.uint8)
        image[top : top + 12, left : left + 12] = 240
        path = folder / f"{number:03d}.png"
        Image.fromarray(image).save(path)
        x, y = left + rng.uniform(2, 10, 20), top + rng.uniform(2, 10, 20)
        fixations = Fixations(x, y, np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5))
        records.append(Record(path.name, path, fixations))
    names = [record.name for record in records]
    splits = {"val": names[::4], "train": [n for n in names if n not in names[::4]]}
    return FixationDataset(name, records, splits=splits)


def make_encoder(path: Path, name: str = ENCODER.name) -> Path:
    """Untrained weights of one of timm's encoders, always the same."""
    torch.manual_seed(0)
    save_file(timm.create_model(name, pretrained=False).state_dict(), path)
    return path

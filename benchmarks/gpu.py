"""What a GPU makes of it: training, prediction of a folder, and whether scores stay the same.

    python -m benchmarks.gpu --data osie=PATH --data saliency-in-crowd=PATH --data scene=PATH

Training is `python -m train fit` from `lite`, in bfloat16, with reading of pictures and without
validation; the first epoch is told apart, since it decodes pictures and meets each size for the
first time. Prediction is from files to log densities at full size, the second time over. Scores are
those of the same pictures on the GPU and on the CPU.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import salmap
from salmap.datasets import FixationDataset, open_dataset, parse_data_option
from salmap.jobs.contract import LOG
from salmap.metrics import information_gain, nss
from salmap.predictor import Predictor
from train.machine import Resources
from train.recipe import Recipe
from train.recipe_file import read_recipe
from train.run import Teaching, fit
from train.start import Start
from train.training_set import training_baseline


def training_speeds(
    recipe: Recipe, datasets: Sequence[FixationDataset], folder: Path, options: argparse.Namespace
) -> list[float]:
    """Pictures per second of each epoch."""
    fit(
        recipe, datasets, folder / "run", Start(model=options.model), Teaching(options.teacher),
        Resources(folder / "cache", workers=options.workers),
    )  # fmt: skip
    lines = (folder / "run" / LOG).read_text().splitlines()
    steps = [event for event in map(json.loads, lines) if event["event"] == "step"]
    return list({event["epoch"]: event["pictures_per_s"] for event in steps}.values())


def prediction_speed(predictor: Predictor, pictures: Sequence[Path]) -> float:
    """Pictures per second, once every size is known."""
    speed = 0.0
    for _ in range(2):
        began = time.perf_counter()
        count = sum(1 for _ in predictor.predict_many(pictures))
        speed = count / (time.perf_counter() - began)
    return speed


def largest_differences(
    dataset: FixationDataset, here: Predictor, there: Predictor, count: int
) -> tuple[float, float]:
    """Of information gain in bits and of NSS, over some held-out pictures."""
    pictures = dataset.split("val")
    baseline = training_baseline(dataset.split("train"))
    samples = [pictures[index] for index in range(min(count, len(pictures)))]
    scores = []
    for predictor in (here, there):
        predictions = predictor.predict_many([sample.stimulus for sample in samples])
        scores.append([
            (
                information_gain(p.log_density, baseline.log_density(p.size), s.fixations),
                nss(np.exp(p.log_density), s.fixations),
            )
            for p, s in zip(predictions, samples, strict=True)
        ])  # fmt: skip
    gain, standardized = np.abs(np.subtract(*scores)).max(axis=0)
    return float(gain), float(standardized)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH")
    parser.add_argument("--recipe", default="lite_first")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--teacher", action="append", default=[])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--pictures", type=int, default=20, help="scored, of each data set")
    options = parser.parse_args(arguments)
    finetune = {"epochs": options.epochs, "batch": options.batch, "validate_every": options.epochs}
    recipe = read_recipe(options.recipe, {"frozen": {"epochs": 0}, "finetune": finetune})
    datasets = [open_dataset(*parse_data_option(option)) for option in options.data]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else "no GPU here"
    print(f"{options.model} on {device} ({name}), PyTorch {torch.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        first, *speeds = training_speeds(recipe, datasets, Path(folder), options)
    print(f"training, first epoch: {first:.0f} pictures/s")
    print(f"training, then:        {', '.join(f'{speed:.0f}' for speed in speeds)} pictures/s")
    here, there = (salmap.load(options.model, device=where) for where in (device, "cpu"))
    paths = [d.path(index) for d in datasets for index in range(len(d))]
    print(f"prediction of a folder of {len(paths)}: {prediction_speed(here, paths):.0f} pictures/s")
    for dataset in datasets:
        gain, standardized = largest_differences(dataset, here, there, options.pictures)
        print(
            f"{dataset.name}: information gain differs by at most {gain:.4f} bits from the CPU's, "
            f"NSS by {standardized:.4f}"
        )


if __name__ == "__main__":
    main()

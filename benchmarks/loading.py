"""Pictures per second of the loader alone, beside those of the network that trains, in one run.

    python benchmarks/loading.py --data osie=PATH --data scene=PATH
    python benchmarks/loading.py --data cat2000=PATH --recipe train/recipes/cat2000_resnet50.toml

What counts is the ratio: above 1 the network never waits. The loader with and without kept pictures
take turns, epoch by epoch, and each figure is the best of its epochs (of its batches, for the
network), so that what else the machine does matters little. The memory of the process with its
workers is printed for each epoch; it must not grow.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

from salmap.datasets import open_dataset, parse_data_option
from salmap.models.network import SaliencyNetwork
from train.data.mixture import Mixture, collate
from train.data.pictures import PictureCache, ViewDataset
from train.data.views import enough_pixels
from train.recipe import Recipe, read_recipe
from train.run import network_config
from train.stages import Stage, finetune_stage
from train.steps import FixationLoss

LITE = Path(__file__).parent.parent / "train" / "recipes" / "lite_first.toml"


def loader_speed(stage: Stage, epoch: int, workers: int) -> tuple[float, float]:
    """(pictures per second, memory in MB) of one epoch, from its first batch on."""
    loader = DataLoader(
        stage.pictures, batch_sampler=stage.plans[epoch], collate_fn=collate, num_workers=workers
    )
    batches = iter(loader)
    next(batches)
    began, pictures = time.perf_counter(), 0
    for batch in batches:
        pictures += len(batch["images"])
    speed = pictures / (time.perf_counter() - began)
    return speed, resident_mb()


def resident_mb() -> float:
    """Memory of this process and its children, what they share counted once, in MB."""
    here = psutil.Process()
    return sum(p.memory_full_info().pss for p in [here, *here.children()]) / 1e6


def training_speed(stage: Stage, network: SaliencyNetwork, accelerator: Accelerator) -> float:
    """Pictures per second of forward pass, backward pass and step, on batches in memory."""
    batches = [collate([stage.pictures[view] for view in views]) for views in stage.plans[0][:4]]
    optimizer = torch.optim.AdamW(stage.groups, lr=1e-6)
    module, optimizer = accelerator.prepare(FixationLoss(network), optimizer)
    module.train()
    network.encoders.eval()
    best = 0.0
    for batch in [batches[0], *batches]:
        began = time.perf_counter()
        moved = {k: v.to(accelerator.device) if torch.is_tensor(v) else v for k, v in batch.items()}
        with accelerator.autocast():
            loss = module(moved).sum()
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        float(loss.detach())  # waits for the GPU
        best = max(best, len(batch["images"]) / (time.perf_counter() - began))
    return best


def prepare(
    recipe: Recipe, mixture: Mixture, accelerator: Accelerator, folder: Path, limit_bytes: int
) -> tuple[Stage, SaliencyNetwork]:
    """The second stage of a training run, with an untrained network: it is no slower."""
    network = SaliencyNetwork(network_config(recipe)).to(accelerator.device)
    network.to(memory_format=torch.channels_last)

    def enough(size: tuple[int, int]) -> tuple[int, int]:
        return enough_pixels(size, network.size, recipe)

    pictures = PictureCache(folder, mixture, enough, limit_bytes)
    return finetune_stage(recipe, network, ViewDataset(pictures), accelerator), network


def measure(
    recipe: Recipe, mixture: Mixture, accelerator: Accelerator, workers: int
) -> dict[str, float]:
    """Pictures per second by what is measured; prints each epoch of the loader."""
    speeds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        bare, _ = prepare(recipe, mixture, accelerator, Path(folder), 0)
        kept, network = prepare(recipe, mixture, accelerator, Path(folder), 10**11)
        for views in itertools.chain.from_iterable(kept.plans):
            collate([kept.pictures[view] for view in views])  # keeps the pictures of all epochs
        for epoch in range(recipe.finetune_epochs):
            for name, stage in (("nothing kept", bare), ("pictures kept", kept)):
                speed, memory = loader_speed(stage, epoch, workers)
                print(f"epoch {epoch + 1}, {name:13} {speed:8.1f} pictures/s {memory:6.0f} MB")
                speeds[f"loader, {name}"] = max(speed, speeds.get(f"loader, {name}", 0))
        speeds["network"] = training_speed(kept, network, accelerator)
    return speeds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH")
    parser.add_argument("--recipe", type=Path, default=LITE)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=64, help="in an epoch")
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args(arguments)
    recipe = dataclasses.replace(
        read_recipe(options.recipe), epoch_pictures=options.pictures, finetune_epochs=options.epochs
    )
    datasets = [open_dataset(*parse_data_option(option)) for option in options.data]
    mixture = Mixture([dataset.split("train") for dataset in datasets], recipe.shares)
    accelerator = Accelerator(
        cpu=not torch.cuda.is_available(), mixed_precision=recipe.finetune_precision
    )
    speeds = measure(recipe, mixture, accelerator, options.workers)
    device = f"{accelerator.device.type}, {torch.get_num_threads()} threads"
    print(f"Pictures per second ({device}, {options.workers} workers), and to the network's")
    for name, speed in speeds.items():
        print(f"    {name:22} {speed:8.2f} {speed / speeds['network']:8.1f}")


if __name__ == "__main__":
    main()

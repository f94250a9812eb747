"""Pictures per second of the loader alone, beside those of the network that trains, in one run.

    python benchmarks/loading.py --data osie=PATH --data scene=PATH
    python benchmarks/loading.py --data cat2000=PATH --recipe train/recipes/cat2000_resnet50.toml

What counts is the ratio: above 1 the network never waits. It also prints the memory of the process
with its workers after each epoch of the loader, which must not grow.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import torch
from accelerate import Accelerator
from torch.utils.data import DataLoader

from salmap.models.network import SaliencyNetwork
from train.config import Recipe, read_recipe
from train.datasets import open_dataset, parse_data_option
from train.mixture import Mixture, collate
from train.pictures import PictureCache, ViewDataset
from train.run import network_config
from train.stages import Stage, finetune_stage
from train.steps import FixationLoss
from train.views import enough_pixels

LITE = Path(__file__).parent.parent / "train" / "recipes" / "lite.toml"


def loader_speed(stage: Stage, epoch: int, workers: int) -> float:
    """Pictures per second of one epoch, its workers' start included; prints memory at its end."""
    began, pictures = time.perf_counter(), 0
    loader = DataLoader(
        stage.pictures, batch_sampler=stage.plans[epoch], collate_fn=collate, num_workers=workers
    )
    memory = 0.0
    for batch in loader:
        pictures += len(batch["images"])
        memory = max(memory, resident_mb())
    print(f"    epoch {epoch + 1}: {memory:6.0f} MB at most, with workers")
    return pictures / (time.perf_counter() - began)


def resident_mb() -> float:
    """Memory of this process and its workers that is theirs alone, in MB."""
    here = psutil.Process()
    return sum(p.memory_full_info().uss for p in [here, *here.children()]) / 1e6


def training_speed(stage: Stage, network: SaliencyNetwork, accelerator: Accelerator) -> float:
    """Pictures per second of forward pass, backward pass and step, on batches in memory."""
    batches = [collate([stage.pictures[view] for view in views]) for views in stage.plans[0][:4]]
    optimizer = torch.optim.AdamW(stage.groups, lr=1e-6)
    module, optimizer = accelerator.prepare(FixationLoss(network), optimizer)
    module.train()
    network.encoders.eval()
    began, pictures = time.perf_counter(), 0
    for number, batch in enumerate([batches[0], *batches]):
        if number == 1:  # the first was to warm up
            began = time.perf_counter()
        moved = {k: v.to(accelerator.device) if torch.is_tensor(v) else v for k, v in batch.items()}
        with accelerator.autocast():
            loss = module(moved).sum()
        accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        pictures += len(batch["images"]) if number else 0
        float(loss.detach())  # waits for the GPU
    return pictures / (time.perf_counter() - began)


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
    speeds = {}
    with tempfile.TemporaryDirectory() as folder:
        stage, _ = prepare(recipe, mixture, accelerator, Path(folder), 0)
        print("Loader, nothing kept")
        speeds["loader, nothing kept"] = loader_speed(stage, 0, options.workers)
        stage, network = prepare(recipe, mixture, accelerator, Path(folder), 10**11)
        print("Loader, pictures kept")
        for epoch in range(options.epochs):
            for views in stage.plans[epoch]:
                for view in views:
                    stage.pictures[view]  # so that each epoch finds all its pictures kept
            speeds["loader, pictures kept"] = loader_speed(stage, epoch, options.workers)
        speeds["network"] = training_speed(stage, network, accelerator)
    device = f"{accelerator.device.type}, {torch.get_num_threads()} threads"
    print(f"Pictures per second ({device}, {options.workers} workers), and to the network's")
    for name, speed in speeds.items():
        print(f"    {name:22} {speed:8.1f} {speed / speeds['network']:8.1f}")


if __name__ == "__main__":
    main()

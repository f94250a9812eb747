"""Pictures per second of the loader alone and of the network that trains, in one run.

    python -m benchmarks.loading --data osie=PATH --data scene=PATH
    python -m benchmarks.loading --data cat2000=PATH --recipe cat2000_resnet50

What counts is the ratio: above 1 the network never waits. The loader with and without kept pictures
take turns, epoch by epoch, and each figure is the best of its epochs (of its batches, for the
network), so that other work on the machine matters little. The memory of the process with its
workers is printed for each epoch; it must not grow.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import torch
from accelerate import Accelerator

from salmap.datasets import open_dataset, parse_data_option
from salmap.models.network import SaliencyNetwork
from train.data.batches import load_batches
from train.machine import Machine
from train.precision import autocast
from train.recipe import Recipe
from train.recipe_file import read_recipe
from train.stages import Stage, Stages
from train.training_set import TrainingSet


def loader_speed(stage: Stage, epoch: int, machine: Machine) -> tuple[float, float]:
    """(pictures per second, memory in MB) of one epoch, from its first batch on."""
    batches = iter(load_batches(stage.source, stage.plans[epoch], machine))
    next(batches)
    began, pictures = time.perf_counter(), 0
    for batch in batches:
        pictures += len(batch.crop_weights)
    speed = pictures / (time.perf_counter() - began)
    return speed, resident_mb()


def resident_mb() -> float:
    """Memory of this process and its children, what they share counted once, in MB."""
    here = psutil.Process()
    return sum(p.memory_full_info().pss for p in [here, *here.children()]) / 1e6


def training_speed(stage: Stage, machine: Machine) -> float:
    """Pictures per second of forward pass, backward pass and step, on batches in memory."""
    batches = [stage.source[crops] for crops in stage.plans[0][:4]]
    optimizer = torch.optim.AdamW(stage.groups, lr=1e-6)
    module, optimizer = machine.accelerator.prepare(stage.loss, optimizer)
    module.train()
    stage.loss.network.encoders.eval()
    best = 0.0
    for batch in [batches[0], *batches]:
        began = time.perf_counter()
        with autocast(machine.device, stage.precision):
            loss = module(batch.to(machine.device)).sum()
        machine.accelerator.backward(loss)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        float(loss.detach())  # waits for the GPU
        best = max(best, len(batch.crop_weights) / (time.perf_counter() - began))
    return best


def prepare(recipe: Recipe, data: TrainingSet, machine: Machine) -> Stage:
    """The second stage of a training run, with an untrained network: it is no slower."""
    network = SaliencyNetwork(recipe.network).to(machine.device)
    network.to(memory_format=torch.channels_last)
    return Stages(recipe, network, data, machine).finetune()


def measure(
    recipe: Recipe, data: TrainingSet, accelerator: Accelerator, workers: int
) -> dict[str, float]:
    """Pictures per second by what is measured; prints each epoch of the loader."""
    speeds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        keeping = Machine(accelerator, workers, Path(folder), 10**11)
        kept = prepare(recipe, data, keeping)
        bare = prepare(recipe, data, Machine(accelerator, workers, Path(folder) / "none", 0))
        for crops in itertools.chain.from_iterable(kept.plans):
            kept.source[crops]  # keeps the pictures of all epochs
        for epoch in range(kept.epochs):
            for name, stage in (("nothing kept", bare), ("pictures kept", kept)):
                speed, memory = loader_speed(stage, epoch, keeping)
                print(f"epoch {epoch + 1}, {name:13} {speed:8.1f} pictures/s {memory:6.0f} MB")
                speeds[f"loader, {name}"] = max(speed, speeds.get(f"loader, {name}", 0))
        speeds["network"] = training_speed(kept, keeping)
    return speeds


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH")
    parser.add_argument("--recipe", default="lite_first", help="a file, or one of Salmap's by name")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=64, help="in an epoch")
    parser.add_argument("--epochs", type=int, default=4)
    options = parser.parse_args(arguments)
    settings = {"epoch_pictures": options.pictures, "finetune": {"epochs": options.epochs}}
    recipe = read_recipe(options.recipe, settings)
    datasets = [open_dataset(*parse_data_option(option)) for option in options.data]
    accelerator = Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no")
    data = TrainingSet.of(datasets, recipe.shares)
    speeds = measure(recipe, data, accelerator, options.workers)
    device = f"{accelerator.device.type}, {torch.get_num_threads()} threads"
    print(f"Pictures per second ({device}, {options.workers} workers), and to the network's")
    for name, speed in speeds.items():
        print(f"    {name:22} {speed:8.2f} {speed / speeds['network']:8.1f}")


if __name__ == "__main__":
    main()

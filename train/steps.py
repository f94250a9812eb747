"""What a single step of training is made of."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from salmap.models.network import SaliencyNetwork

from .data.mixture import collate
from .data.views import View
from .losses import fixation_nll_bits
from .teacher import Teacher, cross_entropy_bits


class FixationLoss(nn.Module):
    """The network under its loss, so that wrapping it for several processes wraps both.

    Args:
        network: what learns.
        teacher: from whose densities it learns, too, where it sees pictures.
        teacher_weight: their share in the loss.
    """

    def __init__(
        self, network: SaliencyNetwork, teacher: Teacher | None = None, teacher_weight: float = 0.0
    ) -> None:
        super().__init__()
        self.network = network
        self.teacher, self.teacher_weight = teacher, teacher_weight

    def forward(self, batch: dict[str, Any]) -> Tensor:
        """A batch of `train.data.mixture.collate` -> (B,) bits per fixation, see `train.losses`."""
        if "features" in batch:
            features = [feature.float() for feature in batch["features"]]
            log_density = self.network.decode(features, batch["size"])
            return fixation_nll_bits(log_density, batch["points"], batch["weights"])
        images = batch["images"].float().div(255).contiguous(memory_format=torch.channels_last)
        log_density = self.network(images)
        bits = fixation_nll_bits(log_density, batch["points"], batch["weights"])
        if self.teacher is None:
            return bits
        grid = log_density.shape[1], log_density.shape[2]
        taught = self.teacher.densities(images, grid, batch["taught_mirrored"])
        taught_bits = cross_entropy_bits(log_density, taught) * batch["views"]
        return (1 - self.teacher_weight) * bits + self.teacher_weight * taught_bits


def loader(
    pictures: Dataset[dict[str, Any]],
    plan: Sequence[Sequence[View]],
    accelerator: Accelerator,
    workers: int,
) -> DataLoader[dict[str, Any]]:
    """This process's part of each batch; where there is none, a view of no weight.

    Args:
        pictures: indexed by a view.
        plan: the batches of an epoch, the same in all processes.
        accelerator: which process of how many this is.
        workers: processes that read pictures.
    """
    rank, world = accelerator.process_index, accelerator.num_processes
    mine = [
        list(batch[rank::world]) or [dataclasses.replace(batch[0], weight=0.0)] for batch in plan
    ]
    return DataLoader(
        pictures,
        batch_sampler=mine,
        collate_fn=collate,
        num_workers=workers,
        pin_memory=accelerator.device.type == "cuda",
    )


def to_device(batch: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """A batch of `train.data.mixture.collate` on another device."""

    def move(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.to(device, non_blocking=True)
        return [move(v) for v in value] if isinstance(value, list) else value

    return {key: move(value) for key, value in batch.items()}


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Linear warm-up over the given share of the steps, then half a cosine down to 0.01."""
    rising = max(1, round(steps * warmup))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, steps - rising)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done))

"""Batches: what a training step gets, and the loader that brings them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar, cast

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from salmap.models.settling import layout
from salmap.types import Fixations

from ..machine import Machine
from .crops import Crop


@dataclass(frozen=True, eq=False)
class Targets:
    """Where people looked on the B pictures of a batch.

    Attributes:
        points: float32 (B, n, 2) of (x, y) in [-1, 1], padded with zeros.
        weights: float32 (B, n): the crop's weight / its number of fixations, and 0 for the padding.
    """

    points: Tensor
    weights: Tensor

    @classmethod
    def of(cls, crops: Sequence[Crop], fixations: Sequence[Fixations]) -> Targets:
        """Those of crops, from the fixations on their whole pictures."""
        shown = [crop.fixations(on) for crop, on in zip(crops, fixations, strict=True)]
        return cls.padded(
            [grid_points(on, crop.size) for crop, on in zip(crops, shown, strict=True)],
            [crop.weight for crop in crops],
        )

    @classmethod
    def padded(cls, points: Sequence[Tensor], weights: Sequence[float]) -> Targets:
        """From the points (n, 2) of each picture and its weight in the loss."""
        most = max(1, *(len(own) for own in points))
        targets = cls(torch.zeros(len(points), most, 2), torch.zeros(len(points), most))
        for row, (own, weight) in enumerate(zip(points, weights, strict=True)):
            targets.points[row, : len(own)] = own
            targets.weights[row, : len(own)] = weight / max(len(own), 1)
        return targets


def grid_points(fixations: Fixations, size: tuple[int, int]) -> Tensor:
    """Fixations on a picture of (height, width), as float32 (n, 2) for `grid_sample`.

    Each is (x, y) in [-1, 1] from edge to edge.
    """
    height, width = size
    shares = np.stack([(fixations.x + 0.5) / width, (fixations.y + 0.5) / height], axis=1)
    return torch.from_numpy((shares * 2 - 1).astype(np.float32))


@dataclass(frozen=True, eq=False)
class Batch:
    """What every batch has.

    Attributes:
        targets: where people looked.
        crop_weights: float32 (B,), of the crops in the loss; 0 for one that only fills up.
    """

    targets: Targets
    crop_weights: Tensor

    def to(self, device: torch.device) -> Self:
        """The same on another device."""
        return _each(self, lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Self:
        """The same in memory from which a GPU copies quickly; the loader calls it."""
        return _each(self, Tensor.pin_memory)


@dataclass(frozen=True, eq=False)
class PixelBatch(Batch):
    """Pictures.

    Attributes:
        images: uint8 (B, 3, h, w), RGB.
        taught_mirrored: bool (B,), which of them teachers see mirrored.
        unlabeled, teacher: of all of them, see `Crop`.
        name: the same for batches of which teachers see the same.
    """

    images: Tensor
    taught_mirrored: Tensor
    unlabeled: bool = False
    teacher: float = 0.0
    name: str = ""


@dataclass(frozen=True, eq=False)
class FeatureBatch(Batch):
    """Features of pictures, as the frozen encoders give them.

    Attributes:
        features: float16 (B, channels, rows, columns), finest first.
        size: (h, w) of the pictures.
    """

    features: tuple[Tensor, ...]
    size: tuple[int, int]


def scaled(images: Tensor) -> Tensor:
    """uint8 (B, 3, h, w) -> float32 in [0, 1], laid out as networks take them."""
    return images.float().div(255).contiguous(memory_format=layout(images.device))


B_co = TypeVar("B_co", bound=Batch, covariant=True)


class BatchSource(Protocol[B_co]):
    """Makes a batch of crops of one size."""

    def __getitem__(self, crops: list[Crop], /) -> B_co: ...


def load_batches(
    source: BatchSource[B_co], plan: Sequence[list[Crop]], machine: Machine
) -> DataLoader[B_co]:
    """The batches of a plan, made by the machine's workers."""
    dataset, batches = cast(Any, source), cast(Any, plan)  # typed for samples, not for batches
    return DataLoader(
        dataset,
        batch_size=None,  # the source makes whole batches
        sampler=batches,
        num_workers=machine.workers,
        pin_memory=machine.device.type == "cuda",
    )


def share_out(plan: Sequence[list[Crop]], rank: int, world: int) -> list[list[Crop]]:
    """One process's part of each batch; where there is none, a crop of no weight."""
    return [batch[rank::world] or [dataclasses.replace(batch[0], weight=0.0)] for batch in plan]


def _each(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A value with all its tensors changed."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_each(part, change) for part in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return type(value)(**{name: _each(part, change) for name, part in parts.items()})
    return value

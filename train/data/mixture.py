"""Several data sets as one training set, with a stated share for each, and its epochs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from salmap.datasets import FixationDataset, Sample
from salmap.errors import TrainingError
from salmap.types import Fixations

from .views import View

#: numbers that keep the random streams of different uses apart
_DRAW, _VIEW, _ORDER = 0, 1, 2


class Mixture:
    """The training pictures of all data sets under one index.

    Raises:
        TrainingError: if there is no data set, one is empty, or a share names none of them.
    """

    def __init__(self, datasets: Sequence[FixationDataset], shares: dict[str, float]) -> None:
        if not datasets:
            raise TrainingError("Training needs at least one data set: --data NAME=PATH.")
        for dataset in datasets:
            if len(dataset) == 0:
                raise TrainingError(f"The training split of '{dataset.name}' has no pictures.")
        names = [dataset.name for dataset in datasets]
        if unknown := sorted(set(shares) - set(names)):
            raise TrainingError(
                f"The recipe gives a share to {', '.join(unknown)}, which --data does not name."
            )
        self.datasets = list(datasets)
        self.starts = np.cumsum([0] + [len(dataset) for dataset in datasets])
        self.shares = _fill_shares(datasets, shares)

    def beside(self, dataset: FixationDataset) -> Mixture:
        """This mixture and another data set, which takes the share of its number of pictures."""
        share = len(dataset) / (len(self) + len(dataset))
        shares = {name: value * (1 - share) for name, value in self.shares.items()}
        return Mixture([*self.datasets, dataset], shares)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def locate(self, item: int) -> tuple[FixationDataset, int]:
        """The data set that holds a picture, and its index there."""
        which = int(np.searchsorted(self.starts, item, side="right")) - 1
        return self.datasets[which], item - int(self.starts[which])

    def size(self, item: int) -> tuple[int, int]:
        """(height, width) of a picture."""
        dataset, index = self.locate(item)
        return dataset.size(index)

    def fixations(self, item: int) -> Fixations:
        """The fixations of a picture."""
        dataset, index = self.locate(item)
        return dataset.fixations(index)

    def sample(self, item: int) -> Sample:
        """A picture with its fixations."""
        dataset, index = self.locate(item)
        return dataset[index]

    def draw(self, epoch: int, pictures: int, seed: int) -> list[int]:
        """The pictures of one epoch: each data set in its share, none twice before all once."""
        items: list[int] = []
        for which, dataset in enumerate(self.datasets):
            wanted = round(pictures * self.shares[dataset.name])
            first = epoch * wanted  # how many of this data set earlier epochs have used
            for round_ in range(first // len(dataset), (first + wanted) // len(dataset) + 1):
                rng = np.random.default_rng((seed, _DRAW, which, round_))
                order = rng.permutation(len(dataset)) + self.starts[which]
                begin = max(first - round_ * len(dataset), 0)
                end = first + wanted - round_ * len(dataset)
                items.extend(int(item) for item in order[begin : max(end, 0)])
        return items


def _fill_shares(datasets: Sequence[FixationDataset], shares: dict[str, float]) -> dict[str, float]:
    rest = 1 - sum(shares.values())
    others = {d.name: len(d) for d in datasets if d.name not in shares}
    if not others and not math.isclose(rest, 0, abs_tol=1e-6):
        raise TrainingError(f"The shares of all data sets must add up to 1, not {1 - rest:g}.")
    if others and rest <= 0:
        raise TrainingError(f"The shares leave nothing for {', '.join(sorted(others))}.")
    total = sum(others.values())
    return shares | {name: rest * count / total for name, count in others.items()}


def plan_epoch(
    mixture: Mixture,
    epoch: int,
    pictures: int,
    batch: int,
    seed: int,
    view: Callable[[int, np.random.Generator], View],
) -> list[list[View]]:
    """The batches of one epoch: views of one shape together, in random order.

    What is blended into a view is the one before it in its batch, where there are two.

    It depends on the arguments alone, so an epoch that was cut off can be run again as it was.
    """
    by_shape: dict[tuple[int, int], list[View]] = defaultdict(list)
    for place, item in enumerate(mixture.draw(epoch, pictures, seed)):
        drawn = view(item, np.random.default_rng((seed, _VIEW, epoch, place)))
        by_shape[drawn.size].append(drawn)
    order = np.random.default_rng((seed, _ORDER, epoch))
    batches: list[list[View]] = []
    for shape in sorted(by_shape):
        views = by_shape[shape]
        shuffled = [views[index] for index in order.permutation(len(views))]
        for start in range(0, len(views), batch):
            batches.append(_with_others(shuffled[start : start + batch]))
    return [batches[index] for index in order.permutation(len(batches))]


def _with_others(batch: list[View]) -> list[View]:
    return [
        replace(view, other=batch[place - 1]) if view.mixed and len(batch) > 1 else view
        for place, view in enumerate(batch)
    ]


def points_of(view: View, fixations: Fixations) -> Tensor:
    """Fixations in a view as float32 (n, 2) of (x, y) in [-1, 1], as `grid_sample` wants them."""
    seen = view.fixations(fixations)
    height, width = view.size
    points = np.stack([(seen.x + 0.5) / width * 2 - 1, (seen.y + 0.5) / height * 2 - 1], axis=1)
    return torch.from_numpy(points.astype(np.float32))


def collate(samples: list[dict[str, Any]]) -> dict[str, Any]:
    """A batch: tensors stacked, fixations padded to (B, n, 2).

    Their `weights` (B, n) are the view's weight / n, and 0 for the padding.
    A picture without a fixation in view has weight 0 throughout. `views` (B,) are the weights of
    the views themselves, `taught_mirrored` (B,) says which of them teachers see mirrored.
    """
    most = max(1, *(len(sample["points"]) for sample in samples))
    points = torch.zeros(len(samples), most, 2)
    weights = torch.zeros(len(samples), most)
    for row, sample in enumerate(samples):
        count = len(sample["points"])
        points[row, :count] = sample["points"]
        weights[row, :count] = sample["weight"] / max(count, 1)
    batch: dict[str, Any] = {"points": points, "weights": weights, "size": samples[0]["size"]}
    if "images" in samples[0]:
        batch["images"] = torch.stack([sample["images"] for sample in samples])
        batch["taught_mirrored"] = torch.tensor([s["taught_mirrored"] for s in samples])
        batch["views"] = torch.tensor([sample["weight"] for sample in samples])
    if "features" in samples[0]:
        levels = zip(*(sample["features"] for sample in samples), strict=True)
        batch["features"] = [torch.stack(level) for level in levels]
    return batch

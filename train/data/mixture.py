"""Several data sets as one training set, with a stated share for each, and its epochs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from salmap.datasets import FixationDataset, Sample
from salmap.errors import TrainingError
from salmap.types import Fixations

from .crops import Crop

#: the crops of each batch of an epoch
Plan = list[list[Crop]]
#: numbers that keep the random streams of different uses apart
_DRAW, _CROP, _ORDER, _TEACHER, _AGAIN = 0, 1, 2, 3, 4


class Mixture:
    """The training pictures of all data sets under one index.

    Args:
        datasets: the data sets.
        shares: of an epoch, for those that should not get that of their number of pictures.
        unlabeled: name of the one without fixations, if there is one.

    Raises:
        TrainingError: if there is no data set, one is empty, or a share names none of them.
    """

    def __init__(
        self, datasets: Sequence[FixationDataset], shares: Mapping[str, float], unlabeled: str = ""
    ) -> None:
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
        self.unlabeled = unlabeled
        self.starts = np.cumsum([0] + [len(dataset) for dataset in datasets])
        self.shares = _fill_shares(datasets, shares)

    def beside(self, dataset: FixationDataset, share: float = 0.0) -> Mixture:
        """This mixture and pictures without fixations.

        Args:
            dataset: those pictures.
            share: of an epoch that they take; 0: that of their number.
        """
        share = share or len(dataset) / (len(self) + len(dataset))
        shares = {name: value * (1 - share) for name, value in self.shares.items()}
        return Mixture([*self.datasets, dataset], shares, dataset.name)

    def is_unlabeled(self, item: int) -> bool:
        """Whether nobody knows where people looked on a picture."""
        return self.locate(item)[0].name == self.unlabeled

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


def _fill_shares(
    datasets: Sequence[FixationDataset], shares: Mapping[str, float]
) -> dict[str, float]:
    rest = 1 - sum(shares.values())
    others = {d.name: len(d) for d in datasets if d.name not in shares}
    if not others and not math.isclose(rest, 0, abs_tol=1e-6):
        raise TrainingError(f"The shares of all data sets must add up to 1, not {1 - rest:g}.")
    if others and rest <= 0:
        raise TrainingError(f"The shares leave nothing for {', '.join(sorted(others))}.")
    total = sum(others.values())
    return {**shares} | {name: rest * count / total for name, count in others.items()}


def plan_epoch(
    mixture: Mixture,
    epoch: int,
    pictures: int,
    batch: int,
    seed: int,
    draw: Callable[[int, np.random.Generator], Crop],
) -> Plan:
    """The batches of one epoch: crops of one shape and kind together, in random order.

    What is blended into a crop is the one before it in its batch, where there are two.

    The plan depends on the arguments alone, so an epoch that was cut off can be repeated exactly.

    Args:
        mixture: the pictures.
        epoch: its number, from 0.
        pictures: how many it has.
        batch: crops in a batch, at most.
        seed: of everything random.
        draw: item, random numbers -> a crop of that picture.
    """
    groups: dict[tuple[tuple[int, int], bool], list[Crop]] = defaultdict(list)
    for place, item in enumerate(mixture.draw(epoch, pictures, seed)):
        crop = draw(item, np.random.default_rng((seed, _CROP, epoch, place)))
        groups[crop.size, crop.unlabeled].append(crop)
    order = np.random.default_rng((seed, _ORDER, epoch))
    batches: Plan = []
    for group in sorted(groups):
        crops = groups[group]
        shuffled = [crops[index] for index in order.permutation(len(crops))]
        for start in range(0, len(crops), batch):
            batches.append(_with_others(shuffled[start : start + batch]))
    shuffled_batches = [batches[index] for index in order.permutation(len(batches))]
    draws = np.random.default_rng((seed, _TEACHER, epoch)).random(len(batches))
    return [_told_by(float(draw), b) for draw, b in zip(draws, shuffled_batches, strict=True)]


def seen_again(plan: Plan, turn: int, seed: int) -> Plan:
    """The batches of an epoch once more, in another order; every second time mirrored."""
    order = np.random.default_rng((seed, _AGAIN, turn)).permutation(len(plan))
    batches = [plan[index] for index in order]
    return [[crop.mirrored() for crop in batch] for batch in batches] if turn % 2 else batches


def _told_by(teacher: float, batch: list[Crop]) -> list[Crop]:
    return [replace(crop, teacher=teacher) for crop in batch]


def _with_others(batch: list[Crop]) -> list[Crop]:
    return [
        replace(crop, other=batch[place - 1]) if crop.mixed and len(batch) > 1 else crop
        for place, crop in enumerate(batch)
    ]

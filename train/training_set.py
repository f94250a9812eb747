"""What a run learns from and what it is measured on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from salmap.datasets import FixationDataset
from salmap.datasets.unlabeled import open_unlabeled
from salmap.evaluation.baseline import Baseline, fit_baseline

from .data.mixture import Mixture


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Held-out pictures and the center bias of their data set's training pictures."""

    pictures: FixationDataset
    baseline: Baseline


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The pictures of a run.

    Attributes:
        mixture: pictures with fixations.
        taught: the same, and those that only a teacher can explain.
        held_out: the validation split of each data set.
    """

    mixture: Mixture
    taught: Mixture
    held_out: tuple[HeldOut, ...]

    @classmethod
    def of(
        cls,
        datasets: Sequence[FixationDataset],
        shares: Mapping[str, float],
        unlabeled: Path | None = None,
        unlabeled_share: float = 0.0,
    ) -> TrainingSet:
        """From whole data sets; those named in `shares` get that share of each epoch.

        Pictures in the folder `unlabeled` get `unlabeled_share`, or 0 for that of their number.

        Raises:
            TrainingError: if a share makes no sense.
            DatasetError: if a split is missing or a file can't be read, or a picture in the folder
                `unlabeled` is one that was held out.
        """
        training = [dataset.split("train") for dataset in datasets]
        mixture = Mixture(training, shares)
        taught = mixture
        if unlabeled is not None:
            pictures = open_unlabeled(unlabeled, _held_out_paths(datasets))
            taught = mixture.beside(pictures, unlabeled_share)
        held_out = (
            HeldOut(dataset.split("val"), training_baseline(split))
            for dataset, split in zip(datasets, training, strict=True)
        )
        return cls(mixture, taught, tuple(held_out))

    def center_bias(self) -> NDArray[np.float32]:
        """The data sets' center biases, mixed in their shares: float32 (64, 64) log density."""
        shares = [self.mixture.shares[dataset.name] for dataset in self.mixture.datasets]
        density = sum(
            share * np.exp(held_out.baseline.grid.astype(np.float64))
            for share, held_out in zip(shares, self.held_out, strict=True)
        )
        return np.log(density).astype(np.float32)

    def names(self) -> list[tuple[str, list[str]]]:
        """Each data set with the names of its pictures: what a resumed run must have again."""
        return [(d.name, [record.name for record in d.records]) for d in self.taught.datasets]


def training_baseline(training: FixationDataset) -> Baseline:
    """The center bias of a training split."""
    stimuli = [(training.fixations(i), training.size(i)) for i in range(len(training))]
    return fit_baseline(stimuli, f"the training split of {training.name}")


def _held_out_paths(datasets: Sequence[FixationDataset]) -> list[Path]:
    return [
        dataset.path(index)
        for dataset in datasets
        for index in range(len(dataset))
        if dataset.split_of(index) != "train"
    ]

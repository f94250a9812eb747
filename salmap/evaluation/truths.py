"""Where people looked on the pictures of a data set, and on the others beside each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from salmap.datasets import FixationDataset
from salmap.errors import DatasetError, SalmapError
from salmap.fixations.scoring import Truth
from salmap.types import UNKNOWN_VIEWER, Fixations


def read_truth(dataset: FixationDataset, index: int, drop_first: bool = False) -> Truth:
    """Where people looked on picture `index`.

    Args:
        dataset: any data set.
        index: the picture.
        drop_first: leave out each viewer's first fixation.

    Raises:
        DatasetError: if a file can't be read, or first fixations are to be left out and the data
            set does not say which they are.
    """
    record, size = dataset.records[index], dataset.size(index)
    every = record.read_fixations()
    fixations = every.inside(size)
    outside = len(every) - len(fixations)
    if drop_first:
        if (fixations.viewer == UNKNOWN_VIEWER).any():
            raise DatasetError(
                f"{record.name}: the data set {dataset.name} does not say who made which fixation, "
                "so the first ones can't be left out."
            )
        fixations = fixations.select(fixations.order > 0)
    sigma_px = dataset.sigma_px(index)
    return Truth(record.name, size, fixations, sigma_px, record.category, index, outside)


def read_truths(
    dataset: FixationDataset, drop_first: bool = False
) -> tuple[list[Truth], dict[str, SalmapError]]:
    """The truths of all pictures, and for each that can't be read its name and what is wrong."""
    truths, failures = list[Truth](), dict[str, SalmapError]()
    for index, record in enumerate(dataset.records):
        try:
            truths.append(read_truth(dataset, index, drop_first))
        except SalmapError as error:
            failures[record.name] = error
    return truths, failures


class Nonfixations:
    """Where people looked on the other pictures of a set, stretched to each picture in turn.

    These are the negatives of shuffled AUC, chosen as pysaliency and the MIT/Tuebingen benchmark
    do: all fixations on all other pictures, none drawn by chance.
    """

    def __init__(self, truths: Sequence[Truth]) -> None:
        counts = [len(t.fixations) for t in truths]
        self._ends = np.cumsum([0, *counts])
        heights, widths = np.array([t.size for t in truths]).reshape(-1, 2).T
        self._sizes = np.repeat(heights, counts), np.repeat(widths, counts)
        empty = np.empty(0)
        self._all = Fixations.of_unknown_viewers(
            np.concatenate([empty, *(t.fixations.x for t in truths)]),
            np.concatenate([empty, *(t.fixations.y for t in truths)]),
        )
        self._targets = [t.size for t in truths]
        self._stretched = lru_cache(4)(self._stretch)  # of the last few sizes

    def of(self, place: int) -> Fixations:
        """The nonfixations of picture number `place` of the set, of unknown viewers."""
        others = np.ones(len(self._all), bool)
        others[self._ends[place] : self._ends[place + 1]] = False
        return self._stretched(self._targets[place]).select(others)

    def _stretch(self, size: tuple[int, int]) -> Fixations:
        """All fixations on a picture of this (height, width)."""
        return self._all.scaled(self._sizes, size)

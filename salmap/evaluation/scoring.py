"""What people did on the pictures of a set, and how predictions of it score.

The seven metrics and what they compare with: `ig` with a baseline, `sauc` with the fixations on the
other pictures, `cc`, `sim` and `kl` with the density of all fixations on the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from salmap import metrics
from salmap.datasets import FixationDataset
from salmap.density import fixation_density
from salmap.errors import DatasetError, SalmapError
from salmap.evaluation.baseline import Baseline
from salmap.types import Fixations, ImageArray

#: metric, or what `salmap.evaluation.reliability` measures -> score; NaN where it makes no sense
Scores = dict[str, float]


@dataclass(frozen=True)
class Metric:
    """What people need to know to read a column of scores."""

    title: str
    meaning: str
    higher_is_better: bool = True


METRICS = {
    "ig": Metric("IG", "information gain over the center bias, in bits per fixation"),
    "nss": Metric("NSS", "mean of the standardised map where people looked"),
    "auc": Metric("AUC", "how well the map tells fixated pixels from all pixels (AUC-Judd)"),
    "sauc": Metric("sAUC", "the same against where people look in the other pictures"),
    "cc": Metric("CC", "correlation with the density of all fixations"),
    "sim": Metric("SIM", "share in common with the density of all fixations"),
    "kl": Metric("KL", "divergence from the density of all fixations, in nats", False),
}


@dataclass(frozen=True, eq=False)
class Truth:
    """Where people looked on one picture of a data set.

    Attributes:
        index: its place in the data set.
        name, category: as in `salmap.datasets.Sample`.
        size: (height, width).
        fixations: those on the picture.
        sigma_px: one degree of visual angle.
    """

    index: int
    name: str
    category: str | None
    size: tuple[int, int]
    fixations: Fixations
    sigma_px: float


def read_truth(dataset: FixationDataset, index: int, drop_first: bool = False) -> Truth:
    """Where people looked on picture `index`; without each viewer's first fixation if asked.

    Raises:
        DatasetError: if a file can't be read, or first fixations are to be left out and nobody
            knows which they are.
    """
    record = dataset.records[index]
    fixations = dataset.fixations(index)
    if drop_first:
        if (fixations.viewer < 0).any():
            raise DatasetError(
                f"{record.name}: the data set {dataset.name} does not say who made which fixation, "
                "so the first ones can't be left out."
            )
        fixations = fixations.select(fixations.order > 0)
    return Truth(
        index,
        record.name,
        record.category,
        dataset.size(index),
        fixations,
        dataset.sigma_px(index),
    )


def read_truths(
    dataset: FixationDataset, drop_first: bool = False
) -> tuple[list[Truth], dict[str, str]]:
    """The truths of all pictures, and for each that can't be read its name and what is wrong."""
    truths, failures = [], {}
    for index, record in enumerate(dataset.records):
        try:
            truths.append(read_truth(dataset, index, drop_first))
        except SalmapError as error:
            failures[record.name] = str(error)
    return truths, failures


class Nonfixations:
    """Where people looked on the other pictures of a set, stretched to each picture in turn.

    These are the negatives of shuffled AUC, chosen as pysaliency and the MIT/Tuebingen benchmark
    do: all fixations on all other pictures, none drawn by chance.
    """

    def __init__(self, truths: Sequence[Truth]) -> None:
        counts = [len(t.fixations) for t in truths]
        self._ends = np.cumsum([0, *counts])
        self._sizes = np.repeat(np.array([t.size for t in truths]).reshape(-1, 2), counts, axis=0)
        empty = np.empty(0)
        self._x = np.concatenate([empty, *(t.fixations.x for t in truths)]) + 0.5
        self._y = np.concatenate([empty, *(t.fixations.y for t in truths)]) + 0.5
        self._targets = [t.size for t in truths]
        self._stretched = lru_cache(4)(self._stretch)  # of the last few sizes

    def of(self, place: int) -> Fixations:
        """The nonfixations of picture number `place` of the set; viewers and order are 0."""
        own = slice(self._ends[place], self._ends[place + 1])
        x, y = (np.delete(values, own) for values in self._stretched(self._targets[place]))
        nobody = np.zeros(len(x), np.int64)
        return Fixations(x, y, nobody, nobody)

    def _stretch(self, size: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of all fixations on a picture of this (height, width)."""
        # multiply by the ratio: exactly 1 for pictures of one size, so no pixel is moved
        ratios = np.array(size) / self._sizes
        return self._x * ratios[:, 1] - 0.5, self._y * ratios[:, 0] - 0.5


@dataclass(frozen=True, eq=False)
class PictureScorer:
    """Scores any number of predictions of one picture.

    Attributes:
        truth: where people looked.
        baseline: log density (H, W) that `ig` is measured from.
        nonfixations: the negatives of `sauc`.
    """

    truth: Truth
    baseline: metrics.LogDensity
    nonfixations: Fixations

    @cached_property
    def empirical(self) -> metrics.Density:
        """The density of all fixations, float64 (H, W), blurred by one degree."""
        truth = self.truth
        return metrics.Density(fixation_density(truth.fixations, truth.size, truth.sigma_px))

    def score(
        self,
        saliency_map: NDArray[np.floating],
        log_density: NDArray[np.floating] | None,
        which: Collection[str] = tuple(METRICS),
    ) -> Scores:
        """The scores of one prediction.

        Args:
            saliency_map: (H, W), any scale; the density of a model that predicts one.
            log_density: (H, W), or None for a map that is no density: its `ig` is NaN.
            which: keys of `METRICS`.

        Raises:
            DensityError: if a map has another size than the picture or is no density.
            FixationsError: if nobody looked at the picture, or at none of the others for `sauc`.
        """
        fixations, measured = self.truth.fixations, metrics.Measured(saliency_map)

        def gain() -> float:
            if log_density is None:
                return float("nan")
            checked = metrics.LogDensity(log_density, measured)
            return metrics.information_gain(checked, self.baseline, fixations)

        @cache
        def comparison() -> metrics.Comparison:
            return metrics.compare(self.empirical, measured)

        recipes: dict[str, Callable[[], float]] = {
            "ig": gain,
            "nss": lambda: metrics.nss(measured, fixations),
            "auc": lambda: metrics.auc_judd(measured, fixations),
            "sauc": lambda: metrics.shuffled_auc(measured, fixations, self.nonfixations),
            "cc": lambda: comparison().cc,
            "sim": lambda: comparison().sim,
            "kl": lambda: comparison().kl,
        }
        return {key: recipes[key]() for key in which}


def mean_scores(
    predict: Callable[[ImageArray], NDArray[np.floating]],
    dataset: FixationDataset,
    baseline: Baseline,
    which: Collection[str] = ("ig", "nss"),
    indices: Iterable[int] | None = None,
) -> Scores:
    """Mean scores over pictures, for a look at a model in training; `ig` and `nss` are cheap.

    Args:
        predict: uint8 (H, W, 3) -> log density (H, W).
        dataset: pictures that the model was not trained on.
        baseline: made from the training pictures, once, by
            `salmap.evaluation.baseline.fit_baseline`.
        which: keys of `METRICS`.
        indices: which pictures; all by default. `sauc` takes the nonfixations of these only.

    Raises:
        SalmapError: if a picture can't be read or scored.
    """
    chosen = range(len(dataset)) if indices is None else indices
    truths = [read_truth(dataset, index) for index in chosen]
    nonfixations, prior = Nonfixations(truths), baseline.by_size()
    rows = []
    for place, truth in enumerate(truths):
        log_density = predict(dataset[truth.index].stimulus)
        scorer = PictureScorer(truth, prior(truth.size), nonfixations.of(place))
        rows.append(scorer.score(np.exp(log_density), log_density, which))
    return {key: float(np.mean([row[key] for row in rows])) for key in which}

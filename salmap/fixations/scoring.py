"""Scoring predictions of one picture on the fixations made on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from salmap.density import fixation_density
from salmap.metrics import METRICS, Density, LogDensity, Measured, Scored, Scores
from salmap.types import Fixations, MapArray

#: one degree of visual angle as a share of the long side, where the distance to the screen is
#: unknown; of the same order as in OSIE (24 / 800), Saliency in Crowd (26 / 1024) and MIT1003
#: (35 / 1024)
SIGMA_SHARE = 0.03


@dataclass(frozen=True, eq=False)
class Truth:
    """Where people looked on one picture.

    Attributes:
        name: of the picture.
        size: its (height, width), or that of the copy on which predictions are scored.
        fixations: those on the picture, in pixels of `size`.
        sigma_px: standard deviation, in pixels of `size`, of the blur that makes a density of
            them; one degree of visual angle by custom.
        category: the kind of picture, where a data set has kinds.
        index: its place in its data set.
        outside: how many fixations fell outside the picture and were left out.
    """

    name: str
    size: tuple[int, int]
    fixations: Fixations
    sigma_px: float
    category: str | None = None
    index: int = 0
    outside: int = 0

    def density(self) -> MapArray:
        """The fixations as a density: float32 (H, W), sums to 1.

        Raises:
            FixationsError: if there is none.
        """
        return fixation_density(self.fixations, self.size, self.sigma_px, np.float32)


@dataclass(frozen=True, eq=False)
class PictureScorer:
    """Scores any number of predictions of one picture.

    Attributes:
        truth: where people looked.
        baseline: log density (H, W) that information gain is measured from.
        nonfixations: the negatives of shuffled AUC.
    """

    truth: Truth
    baseline: LogDensity
    nonfixations: Fixations

    @cached_property
    def empirical(self) -> Density:
        """The density of all fixations."""
        return Density(self.truth.density())

    def score(
        self,
        saliency_map: MapArray,
        log_density: LogDensity | None,
        which: Collection[str] = tuple(METRICS),
    ) -> Scores:
        """The scores of one prediction.

        Args:
            saliency_map: (H, W), any scale; the density of a model that predicts one.
            log_density: (H, W), or None for a map that is not a density: it has no `ig` (NaN).
            which: keys of `METRICS`.

        Raises:
            DensityError: if a map is not of the picture's size, or not finite.
            FixationsError: if there is no fixation on the picture.
        """
        scored = Scored(
            Measured(saliency_map),
            log_density,
            self.baseline,
            self.truth.fixations,
            self.nonfixations,
            lambda: self.empirical,
        )
        return {key: METRICS[key].score(scored) for key in which}

    def score_density(
        self, log_density: LogDensity, which: Collection[str] = tuple(METRICS)
    ) -> Scores:
        """The scores of a prediction that is a density; errors as for `score`."""
        return self.score(log_density.density, log_density, which)

"""What can be scored: models, saved maps, the baseline and the gold standard."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from salmap.evaluation import gold_standard
from salmap.evaluation.baseline import Baseline
from salmap.evaluation.calibration import Calibration
from salmap.evaluation.gold_standard import GoldStandard
from salmap.evaluation.reliability import measure
from salmap.evaluation.saliency_maps import MapFolder
from salmap.fixations.brought import as_log_density
from salmap.fixations.scoring import PictureScorer
from salmap.metrics import METRICS, LogDensity, Scores
from salmap.types import ImageArray

if TYPE_CHECKING:
    from salmap.predictor import Predictor


class Candidate(Protocol):
    """A row of the table of scores."""

    @property
    def name(self) -> str:
        """Name of its row."""

    def score(self, stimulus: ImageArray, scorer: PictureScorer) -> Scores:
        """Its scores on one picture, uint8 (H, W, 3).

        Raises:
            SalmapError: if it can't be scored.
        """


@dataclass(frozen=True, eq=False)
class Guess:
    """What a model says about one picture.

    Attributes:
        saliency_map: (H, W), any scale; the density where there is one.
        log_density: (H, W), or None if the map is not a density.
    """

    saliency_map: NDArray[np.floating]
    log_density: LogDensity | None

    @classmethod
    def of(cls, log_density: LogDensity) -> Guess:
        """That of a model that predicts a density."""
        return cls(log_density.density, log_density)


class Guesser(ABC):
    """A candidate that predicts a map for each picture."""

    name: str

    @abstractmethod
    def guess(self, stimulus: ImageArray, scorer: PictureScorer) -> Guess:
        """Its map; it may use everything in the scorer but the fixations.

        Raises:
            SalmapError: if it has none for this picture.
        """

    def score(self, stimulus: ImageArray, scorer: PictureScorer) -> Scores:
        """All metrics and, for a density, how reliable it is."""
        guess = self.guess(stimulus, scorer)
        scores = scorer.score(guess.saliency_map, guess.log_density)
        if guess.log_density is None:
            return scores
        return scores | measure(guess.log_density.values, scorer.truth.fixations)


@dataclass(frozen=True, eq=False)
class BaselineCandidate(Guesser):
    """The center bias that information gain is measured from."""

    name: str

    def guess(self, stimulus: ImageArray, scorer: PictureScorer) -> Guess:
        """The same for every picture of a size."""
        return Guess.of(scorer.baseline)


@dataclass(frozen=True, eq=False)
class ModelCandidate(Guesser):
    """A model that `salmap.load` returned, under the name that the user gave."""

    name: str
    predictor: Predictor

    def guess(self, stimulus: ImageArray, scorer: PictureScorer) -> Guess:
        """The model's prediction, at the picture's full size."""
        return Guess.of(LogDensity(self.predictor.predict(stimulus).log_density))


@dataclass(frozen=True, eq=False)
class FolderCandidate(Guesser):
    """Saved maps; those that are not densities have an `ig` only if they are calibrated.

    Attributes:
        name: of the row.
        folder: the maps.
        calibrations: for each stimulus by name, how its map becomes a density.
    """

    name: str
    folder: MapFolder
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    def guess(self, stimulus: ImageArray, scorer: PictureScorer) -> Guess:
        """The saved map; calibration adds a log density and leaves the map unchanged."""
        saved = self.folder.read(scorer.truth.name, scorer.truth.size)
        if calibration := self.calibrations.get(scorer.truth.name):
            log_density = calibration.log_density(saved.values, scorer.baseline.values)
            return Guess(saved.values, LogDensity(log_density))
        if not saved.is_density:
            return Guess(saved.values, None)
        return Guess(saved.values, as_log_density(saved.values))


@dataclass(frozen=True, eq=False)
class GoldStandardCandidate:
    """Each viewer predicted from the others."""

    name: str
    gold: GoldStandard
    baseline: Baseline

    def score(self, stimulus: ImageArray, scorer: PictureScorer) -> Scores:
        """NaN for a picture with fixations of fewer than two known viewers."""
        if not gold_standard.has_viewers(scorer.truth):
            return dict.fromkeys(METRICS, float("nan"))
        return gold_standard.score(self.gold, scorer.truth, self.baseline, scorer.nonfixations)

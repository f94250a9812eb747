"""The metrics that evaluations, reports, model cards and the Compare page show.

A new metric is one entry of `METRICS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from salmap.metrics.comparison import Comparison, compare
from salmap.metrics.hits import auc_judd, nss, shuffled_auc
from salmap.metrics.likelihood import information_gain
from salmap.metrics.maps import Density, LogDensity, Measured
from salmap.types import Fixations

#: key of `METRICS` -> score; NaN where a metric makes no sense
Scores: TypeAlias = dict[str, float]

#: key of the gold standard's information gain among the scores that a model file carries
GOLD_STANDARD_KEY = "ig_gold_standard"


@dataclass(frozen=True, eq=False)
class Scored:
    """A prediction of one picture beside everything that metrics compare it with.

    Attributes:
        prediction: the map.
        log_density: the log density it stands for, or None if it is not a density.
        baseline: log density that information gain is measured from.
        fixations: on this picture.
        nonfixations: on other pictures, for shuffled AUC.
        empirical: density of the fixations on this picture.
    """

    prediction: Measured
    log_density: LogDensity | None
    baseline: LogDensity
    fixations: Fixations
    nonfixations: Fixations
    empirical: Callable[[], Density]

    @cached_property
    def comparison(self) -> Comparison:
        """The prediction beside the density of the fixations."""
        return compare(self.empirical(), self.prediction)


@dataclass(frozen=True)
class Metric:
    """What a column of scores is, and how a score is worked out.

    Attributes:
        title: the short name that the field uses.
        meaning: what it measures and how to read it, a phrase.
        score: works it out; NaN where it makes no sense.
        unit: of the score; empty if it has none.
        higher_is_better: whether the larger of two scores is the better one.
        digits: decimals that are worth showing for a single picture.
    """

    title: str
    meaning: str
    score: Callable[[Scored], float]
    unit: str = ""
    higher_is_better: bool = True
    digits: int = 2

    @property
    def heading(self) -> str:
        """Title and unit, for the head of a column."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


def _gain(scored: Scored) -> float:
    if scored.log_density is None:
        return float("nan")
    return information_gain(scored.log_density, scored.baseline, scored.fixations)


def _shuffled(scored: Scored) -> float:
    if len(scored.nonfixations) == 0:  # a set of one picture has no others
        return float("nan")
    return shuffled_auc(scored.prediction, scored.fixations, scored.nonfixations)


METRICS = {
    "ig": Metric(
        "IG",
        "information gain: how much better each fixation is predicted than by the center bias, "
        "which only knows that people look at the middle; 0 is no better, 1 bit rates fixations "
        "twice as likely",
        _gain,
        "bits per fixation",
    ),
    "nss": Metric(
        "NSS",
        "normalized scanpath saliency: how far the map lies above its own mean at the fixations, "
        "in standard deviations; 0 is chance",
        lambda scored: nss(scored.prediction, scored.fixations),
    ),
    "auc": Metric(
        "AUC",
        "AUC-Judd: how often a fixated pixel is rated above any pixel of the picture; 0.5 is "
        "chance, 1 is perfect",
        lambda scored: auc_judd(scored.prediction, scored.fixations),
        digits=3,
    ),
    "sauc": Metric(
        "sAUC",
        "shuffled AUC: the same against places that people fixate in other pictures, so that "
        "knowing the middle gains nothing; 0.5 is chance, 1 is perfect",
        _shuffled,
        digits=3,
    ),
    "cc": Metric(
        "CC",
        "correlation with the density of all fixations; 0 is none, 1 is perfect",
        lambda scored: scored.comparison.cc,
    ),
    "sim": Metric(
        "SIM",
        "similarity: the share in common with the density of all fixations; 1 is all of it",
        lambda scored: scored.comparison.sim,
    ),
    "kl": Metric(
        "KL",
        "divergence from the density of all fixations: what is lost by believing the prediction "
        "instead of the people; 0 is nothing, less is better",
        lambda scored: scored.comparison.kl,
        "nats",
        higher_is_better=False,
    ),
}


def heading(key: str) -> str | None:
    """Head of the column for a key among a model's scores; None if the key is unknown."""
    if key == GOLD_STANDARD_KEY:
        return f"gold standard {METRICS['ig'].heading}"
    return METRICS[key].heading if key in METRICS else None

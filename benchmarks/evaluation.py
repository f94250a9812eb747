"""CPU time of the seven scores of each picture at full resolution, beside pysaliency's, in one run.

    OMP_NUM_THREADS=1 python -m benchmarks.evaluation
    OMP_NUM_THREADS=1 python -m benchmarks.evaluation --data osie=PATH --data scene=PATH

With more threads BLAS waits busily for its next task, and CPU time counts the wait.

By default fixations are made up: 130 pictures of 800x600, 15 viewers with 9 fixations each, as in
OSIE's validation split. Predictions are made up in both cases and not timed; that both sides have
the same figures is checked. The two take turns, and each figure is the median of its rounds.
Several data sets are scored one after the other, in each round. The ratio is that of the two
times of a round, its range that over the rounds.
pysaliency has compiled and cached what it can before the first round, apart from the densities of
fixations, which both sides make anew in each round. It gets double precision maps, without which
its own figures are off by more than 1e-6; `--single` gives it those that Salmap gets. Salmap
compares maps in the precision of the prediction, single.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.datasets import open_dataset, parse_data_option
from salmap.density import resize_log_density
from salmap.evaluation.baseline import Baseline, fit_baseline
from salmap.evaluation.task import prepare
from salmap.evaluation.truths import Nonfixations
from salmap.fixations.scoring import PictureScorer, Truth
from salmap.metrics import METRICS, LogDensity
from salmap.types import Fixations
from tests import pysaliency_oracle as oracle

OSIE_SIZE, OSIE_SIGMA_PX, OSIE_VIEWERS, OSIE_FIXATIONS = (600, 800), 24.0, 15, 9
Table = dict[str, NDArray[np.float64]]


def made_up_truths(count: int) -> list[Truth]:
    """Viewers who look around the center and some spot of each picture."""
    rng = np.random.default_rng(0)
    shape = (OSIE_VIEWERS * OSIE_FIXATIONS, 2)
    viewer, order = (a.ravel() for a in np.indices((OSIE_VIEWERS, OSIE_FIXATIONS)))
    truths = []
    for index in range(count):
        center = np.where(rng.random((shape[0], 1)) < 0.5, 0.5, rng.uniform(0.2, 0.8, 2))
        x, y = (rng.normal(center, 0.12, shape).clip(0, 0.999) * OSIE_SIZE[::-1] - 0.5).T
        fixations = Fixations(x, y, viewer, order)
        truths.append(Truth(str(index), OSIE_SIZE, fixations, OSIE_SIGMA_PX, index=index))
    return truths


def made_up_predictions(truths: Sequence[Truth], variety: int = 10) -> list[NDArray[np.float32]]:
    """A smooth log density, float32 (H, W), for each picture; `variety` for each size of them."""
    known: dict[tuple[tuple[int, int], int], NDArray[np.float32]] = {}
    for truth in truths:
        key = truth.size, truth.index % variety
        if key not in known:
            coarse = np.random.default_rng(key[1]).normal(0, 1.5, (24, 32))
            known[key] = resize_log_density(coarse, truth.size)
    return [known[truth.size, truth.index % variety] for truth in truths]


class Salmap:
    """`PictureScorer`, as evaluation calls it, the exponential of each log density included."""

    def __init__(
        self,
        truths: Sequence[Truth],
        baseline: Baseline,
        log_densities: Sequence[NDArray[np.float32]],
        models: int,
    ) -> None:
        self.truths, self.log_densities, self.models = truths, log_densities, models
        self.prior = baseline.by_size()
        self.nonfixations = Nonfixations(truths)

    def score(self) -> Table:
        """The scores of each picture, those of the last of the models."""
        rows = []
        for place, truth in enumerate(self.truths):
            scorer = PictureScorer(truth, self.prior(truth.size), self.nonfixations.of(place))
            for _ in range(self.models):
                scores = scorer.score_density(LogDensity(self.log_densities[place]))
            rows.append(scores)
        return {key: np.array([row[key] for row in rows]) for key in METRICS}


class Pysaliency:
    """pysaliency's own methods, which take all pictures at once."""

    def __init__(
        self,
        truths: Sequence[Truth],
        baseline: Baseline,
        log_densities: Sequence[NDArray[np.float32]],
        dtype: str,
    ) -> None:
        self.stimuli = oracle.stimuli_of([t.size for t in truths])
        self.fixations = oracle.fixations_of([t.fixations for t in truths])
        self.sigmas_px = [t.sigma_px for t in truths]
        priors = {
            size: baseline.log_density(size).astype(dtype) for size in {t.size for t in truths}
        }
        doubles = {id(p): p.astype(dtype) for p in log_densities}
        densities = {id(p): np.exp(p).astype(dtype) for p in log_densities}
        self.map = oracle.Maps(self.stimuli, [densities[id(p)] for p in log_densities])
        self.density = oracle.LogDensities(self.stimuli, [doubles[id(p)] for p in log_densities])
        self.prior = oracle.LogDensities(self.stimuli, [priors[t.size] for t in truths])
        for model in (self.map, self.density, self.prior):
            model.caching = True

    def score(self) -> Table:
        """The scores of each picture."""
        stimuli, fixations, model = self.stimuli, self.fixations, self.map
        truth = oracle.FixationDensities(stimuli, fixations, self.sigmas_px)
        gains = self.density.information_gains(stimuli, fixations, self.prior)
        per_fixation = {
            "ig": gains,
            "nss": model.NSSs(stimuli, fixations),
            "auc": model.AUCs(stimuli, fixations, nonfixations="uniform"),
            "sauc": model.AUCs(stimuli, fixations, nonfixations="shuffled"),
        }
        return {
            **{key: oracle.per_picture(v, fixations) for key, v in per_fixation.items()},
            "cc": model.CCs(stimuli, truth),
            "sim": model.SIMs(stimuli, truth),
            "kl": oracle.kl_divergences(model, stimuli, truth),
        }


@dataclass(frozen=True, eq=False)
class Work:
    """A set of pictures, and who scores predictions of them."""

    pictures: int
    contestants: dict[str, Salmap | Pysaliency]


def work(truths: Sequence[Truth], baseline: Baseline, dtype: str) -> Work:
    """What pysaliency gets is of this dtype."""
    predictions = made_up_predictions(truths)
    return Work(
        len(truths),
        {
            "pysaliency": Pysaliency(truths, baseline, predictions, dtype),
            "salmap": Salmap(truths, baseline, predictions, 1),
            "salmap, two models": Salmap(truths, baseline, predictions, 2),
        },
    )


def read_work(option: str, count: int, dtype: str) -> Work:
    """The validation pictures of NAME=PATH."""
    task = prepare(open_dataset(*parse_data_option(option)))
    return work(list(task.truths)[:count], task.baseline, dtype)


def cpu_seconds(parts: Sequence[Work], name: str) -> float:
    """What one contestant takes for all of the work."""
    began = time.process_time()
    for part in parts:
        part.contestants[name].score()
    return time.process_time() - began


def report_differences(parts: Sequence[Work]) -> None:
    """Score all once, and print how far apart the two sides are."""
    worst: dict[str, float] = defaultdict(float)
    for part in parts:
        tables = {name: contestant.score() for name, contestant in part.contestants.items()}
        for key, ours in tables["salmap"].items():
            apart = np.abs(ours - tables["pysaliency"][key]).max()
            worst[key] = max(worst[key], float(apart))
    print("Largest difference of a picture's score")
    for key, apart in worst.items():
        print(f"    {key:20} {apart:10.1e}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--data", action="append", help="NAME=PATH, to take the fixations of its validation split"
    )
    parser.add_argument("--pictures", type=int, default=130, help="of each data set, at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--single", action="store_true", help="pysaliency in single precision")
    options = parser.parse_args(arguments)
    dtype = "float32" if options.single else "float64"
    if options.data:
        parts = [read_work(option, options.pictures, dtype) for option in options.data]
    else:
        truths = made_up_truths(options.pictures)
        baseline = fit_baseline([(t.fixations, t.size) for t in truths], "the pictures themselves")
        parts = [work(truths, baseline, dtype)]
    report_differences(parts)
    names = list(parts[0].contestants)
    rounds = [[cpu_seconds(parts, name) for name in names] for _ in range(options.rounds)]
    pictures = sum(part.pictures for part in parts)
    print(f"CPU milliseconds a picture ({pictures} pictures), and pysaliency's to it")
    for name, times in zip(names, zip(*rounds, strict=True), strict=True):
        ratios = [row[0] / t for row, t in zip(rounds, times, strict=True)]
        print(
            f"    {name:20} {statistics.median(times) / pictures * 1e3:10.2f} "
            f"{statistics.median(ratios):8.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        )


if __name__ == "__main__":
    main()

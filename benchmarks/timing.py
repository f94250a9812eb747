"""Whether a model knows when people look where: the tables of docs/timing.md.

    python -m benchmarks.timing --model lite --data osie=PATH --data saliency-in-crowd=PATH \
        --data scene=PATH

On the validation pictures of each data set, with 95 % bootstrap intervals over pictures: the
information gain of the density of each stretch of time over that of all times and over the center
bias of the same stretch; how well it is predicted who has seen boxes (those of `benchmarks.areas`)
within 1, 2 and 3 seconds, as a Brier score beside that of the center bias and as a table of
reliability; and in which order people come to the five most salient regions. Prints Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.stats import kendalltau
from tqdm import tqdm

import salmap
from benchmarks.areas import SEED, boxes
from benchmarks.on_datasets import on_datasets
from salmap.datasets import FixationDataset
from salmap.evaluation.baseline import Baseline, fit_baseline
from salmap.evaluation.intervals import mean_interval
from salmap.fixations.onsets import with_onsets
from salmap.metrics import sim
from salmap.timing import EDGES_S, SEEN_S, Timing, seen

Array = NDArray[np.float64]
STRETCHES = range(len(EDGES_S) - 1)
NAMES = [f"{a:g} to {b:g} s" for a, b in pairwise(EDGES_S)]
#: who may be predicted to see a box: by the model for a moment, for all times, the center bias
BY = ("timed", "all times", "center bias")
BOX = np.dtype(
    [("picture", int), ("seconds", int), ("seen", float), ("reached", float)]
    + [(name, float) for name in BY]
)


@dataclass(frozen=True)
class Measured:
    """What was measured on one data set.

    Attributes:
        gains: bits per fixation of each picture over all times and over the center bias,
            (n, stretches, 2).
        boxes: a row of `BOX` for each box and number of seconds.
        together: SIM of the density up to 3 s with that of all times, and its information gain
            over it, (n, 2).
        order: rank correlation of how soon regions are seen with what is seen within 1 s and with
            shares of attention, (n, 2).
    """

    gains: Array
    boxes: NDArray[np.void]
    together: Array
    order: Array


def timed_fixations(dataset: FixationDataset, index: int) -> salmap.Fixations:
    """Those on the picture, with the times at which they begin."""
    return with_onsets(dataset.records[index].read_fixations()).inside(dataset.size(index))


def begun(fixations: salmap.Fixations, stretch: int) -> salmap.Fixations:
    """Those that begin in a stretch of time."""
    begin, end = EDGES_S[stretch], EDGES_S[stretch + 1]
    return fixations.select((fixations.start_s > begin) & (fixations.start_s <= end))


def center_biases(dataset: FixationDataset) -> list[Baseline]:
    """One for each stretch of time, of the training pictures."""
    training = dataset.split("train")
    stimuli = [(timed_fixations(training, i), training.size(i)) for i in range(len(training))]
    return [
        fit_baseline([(begun(fixations, s), size) for fixations, size in stimuli], NAMES[s])
        for s in STRETCHES
    ]


def measure(model: salmap.Predictor, dataset: FixationDataset, every: int = 1) -> Measured:
    """Measure on every n-th picture of the validation split."""
    assert model.timing is not None, f"{model.name} does not know when people look where"
    random = np.random.default_rng(SEED)
    biases, held_out = center_biases(dataset), dataset.split("val")
    pictures = held_out.select(range(0, len(held_out), every))
    gains, rows, together, order = [], [], [], []
    for index in tqdm(range(len(pictures)), desc=dataset.name):
        prediction = model.predict(pictures.path(index))
        fixations = timed_fixations(pictures, index)
        bias = [one.log_density(prediction.size) for one in biases]
        gains.append([_gain(prediction, begun(fixations, s), bias[s], s) for s in STRETCHES])
        rows += [(index, *row) for row in _boxes(prediction, fixations, bias, model.timing, random)]
        until = prediction.until(EDGES_S[-1])
        early = fixations.select(fixations.start_s <= EDGES_S[-1]).pixels()
        gain = (until.log_density - prediction.log_density)[early].mean() / np.log(2)
        together.append((sim(until.density, prediction.density), gain))
        order.append(_order(prediction, fixations))
    return Measured(np.array(gains), np.array(rows, BOX), np.array(together), np.array(order))


def _gain(
    prediction: salmap.Prediction,
    fixations: salmap.Fixations,
    bias: NDArray[np.float32],
    stretch: int,
) -> tuple[float, float]:
    """In bits, over the density of all times and over the center bias; NaN without fixations."""
    if not len(fixations):
        return np.nan, np.nan
    timed = prediction.at(EDGES_S[stretch + 1]).log_density
    pixels = fixations.pixels()
    over = ((timed - other)[pixels].mean() / np.log(2) for other in (prediction.log_density, bias))
    first, second = over
    return float(first), float(second)


def _boxes(
    prediction: salmap.Prediction,
    fixations: salmap.Fixations,
    biases: Sequence[NDArray[np.float32]],
    timing: Timing,
    random: np.random.Generator,
) -> Iterator[tuple[float, ...]]:
    """(seconds, seen, reached, shares by `BY`) of boxes on one picture."""
    chosen = [box for _, box in boxes(prediction, random)]
    viewers = len(fixations.viewers)
    x, y = np.floor(fixations.x + 0.5), np.floor(fixations.y + 0.5)
    for seconds in SEEN_S:
        last = EDGES_S.index(seconds)
        bias = np.average(np.exp(biases[:last]), axis=0, weights=timing.rates[:last])
        densities = prediction.until(seconds).density, prediction.density, bias
        for left, top, right, bottom in chosen:
            shares = [float(d[top:bottom, left:right].sum(dtype=float)) for d in densities]
            inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
            reached = fixations.viewer[inside & (fixations.start_s <= seconds)]
            expected = timing.seen(shares[0], seconds)
            yield seconds, expected, len(np.unique(reached)) / viewers, *shares


def _order(prediction: salmap.Prediction, fixations: salmap.Fixations) -> tuple[float, float]:
    """Kendall's tau of how soon people come to regions with two predictions; NaN for one region."""
    areas = [salmap.Area.box(str(one.rank), *one.box) for one in prediction.regions(5)]
    if len(areas) < 2:
        return np.nan, np.nan
    found = prediction.areas(areas)
    if not found[0].seen:  # an unfamiliar picture
        return np.nan, np.nan
    soon = []
    for area in areas:
        left, top, right, bottom = area.bounds
        x, y = fixations.x + 0.5, fixations.y + 0.5
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        first = dict.fromkeys(fixations.viewers, EDGES_S[-1])
        for viewer, start in zip(fixations.viewer[inside], fixations.start_s[inside], strict=True):
            first[int(viewer)] = min(first[int(viewer)], float(start))
        soon.append(-np.mean(list(first.values())))
    return tuple(
        float(kendalltau(soon, values).statistic)
        for values in ([one.seen[0] for one in found], [one.share for one in found])
    )  # type: ignore[return-value]


def brier(expected: Array, reached: Array) -> Array:
    """The mean squared error over viewers, of each box."""
    return reached * (1 - expected) ** 2 + (1 - reached) * expected**2


def with_best_concentration(shares: Array, reached: Array, counts: NDArray[np.float32]) -> Array:
    """What follows of shares if viewers are as alike as suits these very boxes best."""

    def loss(log_concentration: float) -> float:
        return float(brier(seen(shares, counts, np.exp(log_concentration)), reached).mean())

    best = minimize_scalar(loss, bounds=(-2, 9), method="bounded").x
    return seen(shares, counts, float(np.exp(best)))


def cell(values: Array, digits: int = 3) -> str:
    """A mean over pictures with its interval; pictures without a value are left out."""
    found = mean_interval(values[np.isfinite(values)])
    return f"{found.mean:.{digits}f} ({found.low:.{digits}f} to {found.high:.{digits}f})"


def by_picture(rows: NDArray[np.void], values: Array) -> Array:
    """The mean of values of boxes over each picture."""
    return np.array([values[rows["picture"] == p].mean() for p in np.unique(rows["picture"])])


def report(found: dict[str, Measured], timing: Timing) -> None:
    """Print the tables."""
    print("| fixations that begin | data set | over all times | over the center bias |")
    print("|---|---|---|---|")
    for stretch in STRETCHES:
        for name, one in found.items():
            cells = " | ".join(cell(one.gains[:, stretch, over]) for over in (0, 1))
            print(f"| {NAMES[stretch]} | {name} | {cells} |")
    print("\n| seen within | data set | Brier score | all times | center bias | less than it by |")
    print("|---|---|---|---|---|---|")
    for seconds in SEEN_S:
        counts = timing.counts[EDGES_S.index(seconds) - 1]
        for name, one in found.items():
            rows = one.boxes[one.boxes["seconds"] == seconds]
            expected = [rows["seen"]] + [
                with_best_concentration(rows[by], rows["reached"], counts) for by in BY[1:]
            ]
            scores = [by_picture(rows, brier(e, rows["reached"])) for e in expected]
            means = " | ".join(f"{score.mean():.3f}" for score in scores)
            print(f"| {seconds} s | {name} | {means} | {cell(scores[2] - scores[0])} |")
    _reliability(np.concatenate([one.boxes for one in found.values()]))
    print("\n| data set | SIM of 3 s with all times | gain | order: seen | share | better by |")
    print("|---|---|---|---|---|---|")
    for name, one in found.items():
        better = one.order[:, 0] - one.order[:, 1]
        cells = [cell(column) for column in (*one.together.T, *one.order.T, better)]
        print(f"| {name} | {' | '.join(cells)} |")


def _reliability(rows: NDArray[np.void]) -> None:
    edges = np.linspace(0, 1, 11)
    heads = [f"{a * 100:.0f} to {b * 100:.0f} %" for a, b in pairwise(edges)]
    print(f"\n| seen within | {' | '.join(heads)} |\n|---{'|---' * 10}|")
    for seconds in SEEN_S:
        part = rows[rows["seconds"] == seconds]
        place = np.digitize(part["seen"], edges[1:-1])
        cells = [f"{part['reached'][place == p].mean() * 100:.0f}" for p in range(10)]
        print(f"| {seconds} s | {' | '.join(cells)} |")


def main() -> None:
    """Measure and print."""
    model, found = on_datasets(__doc__, measure)
    assert model.timing is not None
    report(found, model.timing)


if __name__ == "__main__":
    main()

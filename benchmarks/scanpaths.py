"""Whether a model knows where people look next: the tables of docs/scanpaths.md.

    pip install multimatch-gaze
    python -m benchmarks.scanpaths --model lite --data osie=PATH --data saliency-in-crowd=PATH \
        --data scene=PATH

On the validation pictures of each data set, with 95 % bootstrap intervals over pictures: the
information gain and NSS of each fixation but the first, given those before it, beside the density
of its stretch of time and the center bias of that stretch; and how like those of people scanpaths
are by MultiMatch (Dewhurst et al. 2012, Behavior Research Methods 44:1079): drawn by the model,
drawn without regard to earlier fixations, from the center bias, and from anywhere, all with
durations of the same kind; the typical one; and those of other viewers. Prints Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from multimatch_gaze import docomparison
from numpy.typing import NDArray
from tqdm import tqdm

import salmap
from benchmarks.on_datasets import on_datasets
from benchmarks.timing import SEED, cell, center_biases, timed_fixations
from salmap.datasets import FixationDataset
from salmap.moves import INDEPENDENT, Cell, Moves, coarse
from salmap.scanpaths import Scanpath, sample, typical
from salmap.timing import EDGES_S, stretch_of

Array = NDArray[np.float64]
Maps = Sequence[NDArray[np.float32]]
#: other viewers with whom each scanpath is compared
OTHERS = 5
#: of MultiMatch
DIMENSIONS = ("shape", "direction", "length", "position", "duration")


@dataclass(frozen=True)
class Measured:
    """What was measured on one data set, a row for each picture.

    Attributes:
        gains: bits per fixation, given those before, over the density of the stretch of time and
            over the center bias, (n, 2).
        nss: given those before, of the density of the stretch of time, of the center bias, (n, 3).
        similar: MultiMatch with viewers, by what made the scanpaths, (n, 5) each.
    """

    gains: Array
    nss: Array
    similar: dict[str, Array]


def measure(model: salmap.Predictor, dataset: FixationDataset, every: int = 1) -> Measured:
    """Measure on every n-th picture of the validation split."""
    assert model.timing is not None, f"{model.name} does not know when people look where"
    moves, biases, held_out = model.timing.moves, center_biases(dataset), dataset.split("val")
    pictures = held_out.select(range(0, len(held_out), every))
    gains, scores, similar = [], [], []
    for index in tqdm(range(len(pictures)), desc=dataset.name):
        random = np.random.default_rng((SEED, index))
        found = model.predict_grid(salmap.load_image(pictures.path(index)))
        timed = model.timing.moments(coarse(found.grid))
        bias = [one.log_density(shape_of(timed[0])) for one in biases]
        paths = people(timed_fixations(pictures, index))
        each = np.array(list(_given(paths, pictures.size(index), timed, bias, moves)))
        gains.append(each[:, :2].mean(0))
        scores.append(each[:, 2:].mean(0))
        similar.append(_similar(paths, pictures.size(index), timed, bias, moves, random))
    return Measured(
        np.array(gains),
        np.array(scores),
        {name: np.array([one[name] for one in similar]) for name in similar[0]},
    )


def shape_of(grid: NDArray[np.floating]) -> tuple[int, int]:
    """(height, width)."""
    return grid.shape[0], grid.shape[1]


def people(fixations: salmap.Fixations) -> list[Scanpath]:
    """The scanpath of each viewer up to three seconds."""
    early = fixations.select((fixations.start_s > 0) & (fixations.start_s <= EDGES_S[-1]))
    found = []
    for viewer in sorted(early.viewers):
        own = early.select(early.viewer == viewer)
        own = own.select(np.argsort(own.start_s, kind="stable"))
        lasted = np.minimum(own.duration_s, EDGES_S[-1] - own.start_s)
        found.append(Scanpath(own.x, own.y, own.start_s, lasted))
    return found


def _given(
    paths: Sequence[Scanpath], size: tuple[int, int], timed: Maps, bias: Maps, moves: Moves
) -> Iterator[tuple[float, ...]]:
    """Of each fixation but the first ones, a row: see `Measured`."""
    shape = shape_of(timed[0])
    pulls = moves.pull_maps(shape)
    for path in paths:
        cells = _cells(path, size, shape)
        for number in range(1, len(cells)):
            stretch, place = stretch_of(path.start_s[number]), cells[number]
            given = moves.next(timed[stretch], pulls, cells[:number])
            three = given, timed[stretch], bias[stretch]
            bits = [float(given[place] - other[place]) / np.log(2) for other in three[1:]]
            yield *bits, *(_nss(np.exp(one), place) for one in three)


def _cells(path: Scanpath, size: tuple[int, int], shape: tuple[int, int]) -> list[Cell]:
    fixations = salmap.Fixations.of_unknown_viewers(path.x_px, path.y_px).scaled(size, shape)
    rows, columns = fixations.pixels()
    inside = rows.clip(0, shape[0] - 1), columns.clip(0, shape[1] - 1)
    return list(zip(*(side.tolist() for side in inside), strict=True))


def _nss(density: NDArray[np.float32], place: Cell) -> float:
    return float((density[place] - density.mean()) / density.std())


def _similar(
    paths: Sequence[Scanpath],
    size: tuple[int, int],
    timed: Maps,
    bias: Maps,
    moves: Moves,
    random: np.random.Generator,
) -> dict[str, Array]:
    """MultiMatch with viewers, (5,), by what made the scanpaths."""
    free = replace(INDEPENDENT, durations_s=moves.durations_s)
    anywhere = [np.zeros_like(one) for one in timed]
    makers = {
        "the model": (timed, moves),
        "without earlier fixations": (timed, free),
        "the center bias": (bias, free),
        "anywhere": (anywhere, free),
    }
    made = {
        name: sample(expected, how, size, len(paths), EDGES_S[-1], random)
        for name, (expected, how) in makers.items()
    }
    made["the typical one"] = [typical(timed, moves, size, EDGES_S[-1])]
    made["another viewer"] = list(paths)
    return {name: _mean_similarity(them, paths, size) for name, them in made.items()}


def _mean_similarity(
    made: Sequence[Scanpath], paths: Sequence[Scanpath], size: tuple[int, int]
) -> Array:
    """Of each with the next few viewers; that of a viewer stands at the viewer's own place."""
    count = len(paths)
    pairs = [
        multimatch(made[place % len(made)], paths[(place + ahead) % count], size)
        for place in range(count)
        for ahead in range(1, OTHERS + 1)
    ]
    return np.asarray(np.nanmean(pairs, 0), np.float64)


def multimatch(a: Scanpath, b: Scanpath, size: tuple[int, int]) -> Array:
    """How like two scanpaths are in each of `DIMENSIONS`, in [0, 1]; NaN for very short ones."""
    names = "start_x", "start_y", "duration"
    both = [np.rec.fromarrays([p.x_px, p.y_px, p.duration_s], names=list(names)) for p in (a, b)]
    return np.array(docomparison(*both, screensize=list(size[::-1])))


def report(found: dict[str, Measured]) -> None:
    """Print the tables."""
    print("| data set | over its moment | over the center bias | NSS | moment | center bias |")
    print("|---|---|---|---|---|---|")
    for name, one in found.items():
        cells = [cell(column) for column in (*one.gains.T, *one.nss.T)]
        print(f"| {name} | {' | '.join(cells)} |")
    for name, one in found.items():
        print(f"\n| {name} | {' | '.join((*DIMENSIONS, 'mean'))} |\n|---{'|---' * 6}|")
        for maker, values in one.similar.items():
            cells = [cell(column) for column in (*values.T, values.mean(1))]
            print(f"| {maker} | {' | '.join(cells)} |")
        for other in list(one.similar)[1:]:
            better = one.similar["the model"].mean(1) - one.similar[other].mean(1)
            print(f"the model less {other}: {cell(better)}")


def main() -> None:
    """Measure and print."""
    _, found = on_datasets(__doc__, measure)
    report(found)


if __name__ == "__main__":
    main()

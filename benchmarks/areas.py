"""How far shares of areas can be relied on: predicted beside those of held-out viewers.

    python -m benchmarks.areas --data osie=PATH --data saliency-in-crowd=PATH --data scene=PATH

On the validation pictures of each data set, boxes of many sizes are drawn: half of them anywhere,
half around places that the model finds salient, as people draw areas around things. The share of
the fixations of 5, 10 and 15 viewers drawn from those who saw the picture is compared with the
predicted share. Printed are the two numbers of `salmap.analysis.certainty` as fitted to all data
sets but the one at hand and to all together, and how often the intervals hold.

Differences between versions are tested at the two ends between which versions of one design lie:
boxes on two different pictures, where nothing that the model gets wrong is shared, and the same
box on the same picture before two groups of viewers, where all of it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

import salmap
from salmap.analysis import certainty
from salmap.datasets import FixationDataset, open_dataset, parse_data_option

VIEWERS = (5, 10, 15)
LEVELS = (0.5, 0.8, 0.95)
BOXES = 40
SEED = 0
#: pairs of boxes on different pictures
PAIRS = 20_000
#: data set, picture, kind of box, viewers, predicted share, observed share, and that of as many
#: other viewers (NaN where there are not so many)
ROW = np.dtype(
    [("data", "U24"), ("picture", int), ("kind", "U8"), ("n", int)]
    + [(name, float) for name in ("p", "s", "other")]
)


def boxes(
    prediction: salmap.Prediction, random: np.random.Generator
) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    """(kind, box) of `BOXES` boxes on one picture."""
    height, width = prediction.size
    peaks = [region.peak for region in prediction.regions(10)]
    for number in range(BOXES):
        rows, columns = np.exp(random.uniform(np.log(0.05), np.log(0.7), 2)) * (height, width)
        salient = number % 2 and peaks
        x, y = (
            peaks[random.integers(len(peaks))]
            if salient
            else (random.uniform(0, width), random.uniform(0, height))
        )
        left, top = max(0, round(x - columns / 2)), max(0, round(y - rows / 2))
        box = left, top, min(width, round(left + columns)), min(height, round(top + rows))
        yield "salient" if salient else "anywhere", box


def rows_of(
    model: salmap.Predictor, dataset: FixationDataset, split: str = "val"
) -> NDArray[np.void]:
    """Predicted and observed shares on the pictures of one data set."""
    random = np.random.default_rng(SEED)
    pictures = dataset.split(split)
    rows = []
    for index in tqdm(range(len(pictures)), desc=dataset.name):
        sample = pictures[index]
        prediction = model.predict(sample.stimulus)
        density = prediction.density
        viewers = np.unique(sample.fixations.viewer)
        for kind, (left, top, right, bottom) in boxes(prediction, random):
            share = float(density[top:bottom, left:right].sum(dtype=np.float64))
            if not 0.002 < share < 0.998:
                continue
            for n in VIEWERS:
                if n > len(viewers):
                    continue
                order = random.permutation(viewers)
                y, x = sample.fixations.pixels()
                inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
                some, others = (
                    inside[np.isin(sample.fixations.viewer, group)].mean()
                    if len(group) == n
                    else np.nan
                    for group in (order[:n], order[n : 2 * n])
                )
                rows.append((dataset.name, index, kind, n, share, some, others))
    return np.array(rows, ROW)


def fitted(rows: NDArray[np.void]) -> tuple[float, float]:
    """(model, viewer): least squares of the squared error over p (1 - p) on 1 and 1 / viewers."""
    error = (rows["s"] - rows["p"]) ** 2 / (rows["p"] * (1 - rows["p"]))
    # shares near 0 and 1 have heavy tails here: each picture's boxes count by their own p (1 - p)
    weights = np.sqrt(rows["p"] * (1 - rows["p"]))
    design = np.stack([np.ones(len(rows)), 1 / rows["n"]], axis=1)
    found, *_ = np.linalg.lstsq(design * weights[:, None], error * weights, rcond=None)
    return float(found[0]), float(found[1])


def coverage(rows: NDArray[np.void], level: float) -> float:
    """How often the interval of this level holds the observed share."""
    intervals = [
        certainty.share_interval(float(p), int(n), level)
        for p, n in zip(rows["p"], rows["n"], strict=True)
    ]
    low, high = np.array(intervals).T
    return float(((rows["s"] >= low) & (rows["s"] <= high)).mean())


def pairs_held(
    first: tuple[NDArray[np.float64], NDArray[np.float64]],
    second: tuple[NDArray[np.float64], NDArray[np.float64]],
    n: int,
) -> str:
    """How often the intervals of differences hold, and how often a clear one has the right sign.

    Args:
        first, second: predicted and observed shares of both sides.
        n: viewers.
    """
    between = [
        certainty.difference_interval(float(a), float(b), n)
        for a, b in zip(first[0], second[0], strict=True)
    ]
    low, high = np.array(between).T
    real = second[1] - first[1]
    held = ((real >= low) & (real <= high)).mean()
    clear = (low > 0) | (high < 0)
    right = (np.sign(real) == np.sign(low + high))[clear]
    return f"{held:6.1%} hold, {clear.mean():6.1%} are clear" + (
        f", of these {right.mean():6.1%} in the right direction" if len(right) else ""
    )


def report_differences(rows: NDArray[np.void]) -> None:
    """Print how often the 80 % intervals of differences hold."""
    random = np.random.default_rng(SEED)
    for data in np.unique(rows["data"]):
        for n in VIEWERS:
            part = rows[(rows["data"] == data) & (rows["n"] == n)]
            if not len(part):
                continue
            a, b = part[random.integers(len(part), size=(2, PAIRS))]
            apart = a["picture"] != b["picture"]
            a, b = a[apart], b[apart]
            held = pairs_held((a["p"], a["s"]), (b["p"], b["s"]), n)
            print(f"{data:20} {n:2} viewers, different pictures: {held}")
            known = part[np.isfinite(part["other"])]
            if len(known):
                held = pairs_held((known["p"], known["s"]), (known["p"], known["other"]), n)
                print(f"{data:20} {n:2} viewers, the same picture:   {held}")


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--split", default="val", help="which pictures; all for unlike ones")
    parser.add_argument("--save", help="keep the shares in this .npy")
    options = parser.parse_args()
    model = salmap.load(options.model)
    sets = [open_dataset(*parse_data_option(text)) for text in options.data]
    rows = np.concatenate([rows_of(model, dataset, options.split) for dataset in sets])
    if options.save:
        np.save(options.save, rows)
    report(rows)
    report_differences(rows)


def report(rows: NDArray[np.void]) -> None:
    """Print the fits and the tables."""
    shipped = certainty.MODEL, certainty.VIEWER
    print("fitted to all: MODEL {:.4f}, VIEWER {:.4f}; in use: {:.4f}, {:.4f}".format(
        *fitted(rows), *shipped))  # fmt: skip
    print(f"{'data set':20} {'boxes':9} {'viewers':>7}", *(f"{level:7.0%}" for level in LEVELS))
    for data in np.unique(rows["data"]):
        others = rows[rows["data"] != data]
        if len(others):  # measured with numbers that have not seen this data set
            certainty.MODEL, certainty.VIEWER = fitted(others)
        for kind in ("anywhere", "salient"):
            for n in VIEWERS:
                part = rows[(rows["data"] == data) & (rows["kind"] == kind) & (rows["n"] == n)]
                if len(part):
                    held = (f"{coverage(part, level):7.1%}" for level in LEVELS)
                    print(f"{data:20} {kind:9} {n:7}", *held)
        certainty.MODEL, certainty.VIEWER = shipped
    for low, high in ((0.002, 0.02), (0.02, 0.1), (0.1, 0.3), (0.3, 1)):
        part = rows[(rows["p"] >= low) & (rows["p"] < high)]
        bias = float((part["s"] - part["p"]).mean())
        held = (f"{coverage(part, level):7.1%}" for level in LEVELS)
        print(f"share {low:.3f} to {high:.3f}, {len(part):6} boxes, bias {bias:+.4f}", *held)


if __name__ == "__main__":
    main()

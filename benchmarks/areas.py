"""How far shares of areas can be relied on: predicted beside those of held-out viewers.

    python -m benchmarks.areas --data osie=PATH --data saliency-in-crowd=PATH --data scene=PATH

On the validation pictures of each data set, boxes of many sizes are drawn: half of them anywhere,
half around places that the model finds salient, as people draw areas around things. The share of
the fixations of 5, 10 and 15 viewers drawn from those who saw the picture is compared with the
predicted share. Printed are the two numbers of `salmap.analysis.certainty` as fitted to all data
sets but the one at hand and to all together, and how often the intervals hold.
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
#: data set, kind of box, viewers, predicted and observed share
ROW = np.dtype([("data", "U24"), ("kind", "U8"), ("n", int), ("p", float), ("s", float)])


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


def rows_of(model: salmap.Predictor, dataset: FixationDataset) -> NDArray[np.void]:
    """Predicted and observed shares on the validation pictures of one data set."""
    random = np.random.default_rng(SEED)
    pictures = dataset.split("val")
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
                some = random.choice(viewers, n, replace=False)
                seen = sample.fixations.select(np.isin(sample.fixations.viewer, some))
                y, x = seen.pixels()
                inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
                rows.append((dataset.name, kind, n, share, inside.mean()))
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


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--save", help="keep the shares in this .npy")
    options = parser.parse_args()
    model = salmap.load(options.model)
    sets = [open_dataset(*parse_data_option(text)) for text in options.data]
    rows = np.concatenate([rows_of(model, dataset) for dataset in sets])
    if options.save:
        np.save(options.save, rows)
    report(rows)


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

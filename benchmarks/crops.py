"""How much of people's gaze a smart crop keeps, beside plainer ways to crop.

    python -m benchmarks.crops --data osie=PATH --data saliency-in-crowd=PATH --data scene=PATH

On the validation pictures of each data set, each common shape is cut out from the middle, where a
classical baseline expects most attention, and where the model does. Printed is the share of the
viewers' fixations that lie inside, averaged over pictures; no model was trained on them. The last
column is the crop that holds most of these very fixations: more can't be kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from tqdm import tqdm

import salmap
from salmap.analysis.crop import COMMON_RATIOS, best_crop, crop_size, parse_ratio
from salmap.datasets import FixationDataset, open_dataset, parse_data_option
from salmap.datasets.base import Sample

WAYS = ("middle", "classical", "model", "at most")


def kept(sample: Sample, models: Sequence[salmap.Predictor]) -> dict[str, list[float]]:
    """Shape -> the share of fixations that the crop of each way keeps."""
    size = sample.stimulus.shape[:2]
    y, x = sample.fixations.pixels()
    seen = np.zeros(size)
    np.add.at(seen, (y, x), 1)
    guesses = [model.predict(sample.stimulus).density for model in models]
    found: dict[str, list[float]] = {}
    for text in COMMON_RATIOS:
        part = crop_size(size, parse_ratio(text))
        boxes = [best_crop(d, part).box for d in (np.ones(size), *guesses, seen)]
        found[text] = [
            float(seen[top:bottom, left:right].sum() / seen.sum())
            for left, top, right, bottom in boxes
        ]
    return found


def table(model: str, classical: str, sets: list[FixationDataset]) -> None:
    """Print the table: a row for each data set and shape."""
    models = [salmap.load(classical), salmap.load(model)]
    print(f"{'data set':20} {'shape':>7}", *(f"{way:>10}" for way in WAYS))
    for dataset in sets:
        pictures = dataset.split("val")
        shares: dict[str, list[list[float]]] = {text: [] for text in COMMON_RATIOS}
        for index in tqdm(range(len(pictures)), desc=dataset.name):
            for text, row in kept(pictures[index], models).items():
                shares[text].append(row)
        for text, rows in shares.items():
            means = (f"{mean:10.1%}" for mean in np.mean(rows, axis=0))
            print(f"{dataset.name:20} {text:>7}", *means)


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", action="append", required=True, metavar="NAME=PATH")
    parser.add_argument("--model", default="lite")
    parser.add_argument("--classical", default="itti-koch")
    options = parser.parse_args()
    sets = [open_dataset(*parse_data_option(text)) for text in options.data]
    table(options.model, options.classical, sets)


if __name__ == "__main__":
    main()

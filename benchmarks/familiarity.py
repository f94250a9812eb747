"""How often a model takes pictures for unlike its training pictures: a table of docs/strangers.md.

    python -m benchmarks.familiarity --model lite --data osie=PATH --pictures DIR --pictures DIR

`--data` gives a row for the validation split of each data set, `--pictures` one for each folder;
the last row is noise of other kinds and seeds than `salmap train familiarity` makes. Prints a table
in Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

import salmap
from salmap.datasets import open_dataset, parse_data_option
from salmap.datasets.pictures import list_tree
from salmap.pictures import ImageSource
from salmap.types import ImageArray

HEAD = """\
| pictures | how many | called unlike | unfamiliarity, lowest tenth, median, highest tenth |
|---|---|---|---|"""
NOISE = 30


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="lite", help="a name or a file")
    parser.add_argument("--data", action="append", default=[], help="NAME=PATH, repeated")
    parser.add_argument("--pictures", action="append", default=[], help="a folder, repeated")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture of a folder")
    options = parser.parse_args()
    model = salmap.load(options.model)
    print(HEAD)
    for data in options.data:
        held_out = open_dataset(*parse_data_option(data)).split("val")
        row(model, held_out.name, (held_out.path(i) for i in range(len(held_out))))
    for folder in options.pictures:
        row(model, folder, islice(list_tree(Path(folder)).values(), 0, None, options.every))
    row(model, "noise", noise())


def row(model: salmap.Predictor, name: str, pictures: Iterable[ImageSource]) -> None:
    """Print the row of some pictures."""
    found = [model.predict(picture).unfamiliarity for picture in tqdm(pictures, desc=name)]
    values = np.array(found, float)
    spread = " / ".join(f"{value:.2f}" for value in np.quantile(values, (0.1, 0.5, 0.9)))
    print(f"| {name} | {len(values)} | {(values > 1).mean():.0%} | {spread} |", flush=True)


def noise() -> Iterator[ImageArray]:
    """Uniform and blurred noise, in color and gray."""
    random = np.random.default_rng(1)
    for number in range(NOISE):
        size = (600, 800, 3) if number % 2 else (600, 800, 1)
        grain = random.uniform(0, 255, size).astype(np.float32)
        if number % 3:
            grain = cv2.GaussianBlur(grain, (0, 0), number)
            grain = cv2.normalize(grain, None, 0, 255, cv2.NORM_MINMAX)
        yield np.broadcast_to(grain.reshape(600, 800, -1), (600, 800, 3)).astype(np.uint8)


if __name__ == "__main__":
    main()

"""Whether a model is better where others agree with it: a table of docs/strangers.md.

    python -m benchmarks.agreement --model lite --ask large --ask resnet50 --data osie=PATH

Every validation picture goes through all of them. Agreement is the mean SIM of the model's
density with those of the ones asked, as the app shows it; the last column is the rank correlation
(Spearman) with the model's information gain over the center bias of the data set on the same
picture. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

import salmap
from salmap.datasets import FixationDataset, open_dataset, parse_data_option
from salmap.metrics import information_gain, sim
from salmap.predictor import Predictor
from train.training_set import training_baseline

HEAD = """\
| data set | pictures | agreement, median | lowest tenth below | correlation with IG |
|---|---|---|---|---|"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="lite", help="a name or a file")
    parser.add_argument("--ask", action="append", required=True, help="a name or a file, repeated")
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH, repeated")
    options = parser.parse_args()
    model, *others = (salmap.load(name) for name in (options.model, *options.ask))
    print(HEAD)
    for data in options.data:
        dataset = open_dataset(*parse_data_option(data))
        shares, gains = _measure(dataset, model, others)
        correlation = spearmanr(shares, gains).statistic
        print(
            f"| {dataset.name} | {len(shares)} | {np.median(shares):.3f} "
            f"| {np.percentile(shares, 10):.3f} | {correlation:.2f} |",
            flush=True,
        )


def _measure(
    dataset: FixationDataset, model: Predictor, others: Sequence[Predictor]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Agreement with the others and information gain, each a number a picture."""
    baseline = training_baseline(dataset.split("train"))
    pictures = dataset.split("val")
    measured = []
    for index in range(len(pictures)):
        sample = pictures[index]
        prediction = model.predict(sample.stimulus)
        density = prediction.density
        share = np.mean([sim(density, o.predict(sample.stimulus).density) for o in others])
        prior = baseline.log_density(prediction.log_density.shape)
        gain = information_gain(prediction.log_density, prior, sample.fixations)
        measured.append((share, gain))
    shares, gains = np.array(measured, dtype=np.float64).T
    return shares, gains


if __name__ == "__main__":
    main()

"""What it is worth to analyze pictures as pages or as photographs.

    python -m benchmarks.content --data folder=PATH --model lite --model large

For each model and content: information gain over the center bias of these pictures themselves, in
bits per fixation, with a 95 % bootstrap interval over pictures, the share of fixations in the
smallest region that is said to hold half of them, and how many pictures were analyzed as pages.
"""

from __future__ import annotations

import argparse

import numpy as np

import salmap
from salmap.content import CONTENTS
from salmap.datasets import open_dataset, parse_data_option
from salmap.evaluation.baseline import fit_baseline
from salmap.evaluation.intervals import mean_interval
from salmap.evaluation.reliability import measure, region_key
from salmap.metrics import information_gain


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, metavar="NAME=PATH")
    parser.add_argument("--split", help="of the data set, such as val; by default all of it")
    parser.add_argument("--model", action="append", help="[lite]")
    options = parser.parse_args()
    dataset = open_dataset(*parse_data_option(options.data))
    pictures = dataset.split(options.split) if options.split else dataset
    samples = [pictures[index] for index in range(len(pictures))]
    prior = fit_baseline([(s.fixations, s.stimulus.shape[:2]) for s in samples], dataset.name)
    for name in options.model or ["lite"]:
        model = salmap.load(name, use_hub=False)
        for content in CONTENTS:
            gains, halves, pages = [], [], 0
            for sample in samples:
                found = model.predict(sample.stimulus, content=content)
                pages += found.content == "page"
                baseline = prior.log_density(found.size)
                gains.append(information_gain(found.log_density, baseline, sample.fixations))
                halves.append(measure(found.log_density, sample.fixations)[region_key(0.5)])
            gain = mean_interval(np.array(gains))
            print(
                f"{name:10} {content:6} IG {gain.mean:6.3f} ({gain.low:.3f} to {gain.high:.3f})  "
                f"half {np.mean(halves):.2f}  pages {pages} of {len(samples)}",
                flush=True,
            )


if __name__ == "__main__":
    main()

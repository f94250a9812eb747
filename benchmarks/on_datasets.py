"""What benchmarks that measure a model on data sets are told on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

import salmap
from salmap.datasets import FixationDataset, open_dataset, parse_data_option
from salmap.predictor import Predictor

T = TypeVar("T")


def on_datasets(
    doc: str | None, measure: Callable[[Predictor, FixationDataset, int], T]
) -> tuple[Predictor, dict[str, T]]:
    """The model that was asked for, and what was measured on each data set.

    Args:
        doc: what the command does.
        measure: of the model, on every n-th picture of a data set.
    """
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="lite", help="a name or a file")
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH, repeated")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture")
    options = parser.parse_args()
    model = salmap.load(options.model)
    datasets = [open_dataset(*parse_data_option(text)) for text in options.data]
    return model, {each.name: measure(model, each, options.every) for each in datasets}

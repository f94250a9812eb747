"""How a model does on a data set that it was not trained on, beside one that was.

    python -m benchmarks.strangers --recipe train/recipes/lite_first.toml --data osie=PATH \
        --data saliency-in-crowd=PATH --data scene=PATH --out DIR [--encoder NAME=FILE ...] \
        [--set KEY=VALUE ...]

For each data set the first stage (decoder and readout on frozen features) is trained on all
the others, and once on all of them. All are scored on the validation split of the data set, by
information gain over the center bias of its training split, with 95 % bootstrap intervals over
pictures. Then the stranger is adapted (`salmap train adapt`) to pictures drawn from its training
split, and scored again. Prints two tables in Markdown: the gains, and the share of fixations in
regions that are predicted to hold a given share.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

from accelerate.state import AcceleratorState

import salmap
from salmap.datasets import FixationDataset, open_dataset, parse_data_option
from salmap.evaluation.candidates import ModelCandidate
from salmap.evaluation.intervals import Interval
from salmap.evaluation.task import Evaluation, Task, evaluate, prepare
from train.adapt.run import adapt
from train.machine import Resources
from train.recipe import Recipe
from train.recipe_file import parse_settings, read_recipe
from train.run import MODEL_NAME, fit
from train.start import Start

ADAPTED_TO = 50  # pictures
HELD = 0.5  # of all fixations; the smallest region predicted to hold them
NAMES = ("trained on all", "trained on the others", "then adapted")


def main() -> None:
    """Train what is not there yet, score, print."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    settings = [*options.set, "finetune.epochs=0", "finetune.mixed=0.0"]
    recipe = read_recipe(options.recipe, parse_settings(settings))
    datasets = [open_dataset(*parse_data_option(data)) for data in options.data]
    files = {name: Path(path) for name, _, path in (e.partition("=") for e in options.encoder)}
    start, resources = Start(files), Resources(options.cache or options.out / "cache")
    everything = _train(recipe, datasets, options.out / "all", start, resources)
    gains, shares = _header(), _header()
    for dataset in datasets:
        others = [other for other in datasets if other is not dataset]
        folder = options.out / f"without-{dataset.name}"
        stranger = _train(recipe, others, folder, start, resources)
        adapted = folder / "adapted.safetensors"
        adapt(
            stranger, dataset.split("train"), adapted, force=True, max_pictures=ADAPTED_TO
        )  # the gain is measured below, on other pictures
        task = prepare(dataset, "val")
        scored = [_score(path, task) for path in (everything, stranger, adapted)]
        gains.append(_row(dataset.name, [_cell(e.interval("model", "ig")) for e in scored]))
        held = [dict(e.regions("model"))[HELD] for e in scored]
        shares.append(_row(dataset.name, [_cell(share, 100, 1) for share in held]))
    print("Information gain, bits per fixation", *gains, "", sep="\n")
    print(f"Fixations in regions predicted to hold {HELD:.0%} of them, percent", *shares, sep="\n")


def _train(
    recipe: Recipe,
    datasets: Sequence[FixationDataset],
    out: Path,
    start: Start,
    resources: Resources,
) -> Path:
    if (out / MODEL_NAME).exists():
        return out / MODEL_NAME
    model = fit(recipe, datasets, out, start, resources=resources, resume=out.exists())
    AcceleratorState._reset_state(reset_partial_state=True)  # each run has its own
    assert model is not None  # nobody asks this run to stop
    return model


def _score(path: Path, task: Task) -> Evaluation:
    return evaluate(task, [ModelCandidate("model", salmap.load(path))], with_gold=False)


def _cell(interval: Interval, times: float = 1, digits: int = 3) -> str:
    mean, low, high = (times * x for x in (interval.mean, interval.low, interval.high))
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _header() -> list[str]:
    return [_row("data set", list(NAMES)), _row("---", ["---"] * len(NAMES))]


def _row(title: str, cells: Sequence[str]) -> str:
    return " | ".join(["", title, *cells, ""]).strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--set", action="append", default=[], help="KEY=VALUE of the recipe")
    parser.add_argument("--data", action="append", required=True, help="NAME=PATH, repeated")
    parser.add_argument("--encoder", action="append", default=[], help="TIMM_NAME=FILE")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()

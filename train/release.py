"""Preparing a trained model for release: scored on held-out pictures, with a card."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from salmap import load
from salmap.datasets import FixationDataset
from salmap.density import log_normalize
from salmap.evaluation.candidates import ModelCandidate
from salmap.evaluation.task import GOLD_STANDARD, Evaluation, evaluate, prepare
from salmap.files import replace_file
from salmap.metrics import GOLD_STANDARD_KEY, METRICS
from salmap.models import CenterBias
from salmap.models.file import load_model, save_model
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo

from .model_card import card
from .recipe_file import find_recipe, read_recipe
from .training_set import training_baseline

logger = logging.getLogger(__name__)

#: classical models that every card shows beside the trained one
COMPARED = ("spectral-residual", "itti-koch")


def release(
    model: Path, datasets: Sequence[FixationDataset], out: Path, recipe: str | Path, commands: str
) -> Path:
    """Score a model on the validation split of each data set and write it with its card.

    Args:
        model: the file that `train fit` made.
        datasets: whole data sets.
        out: folder for `<name>.safetensors` and `<name>.md`.
        recipe: the recipe that made it, a file or the name of one of Salmap's.
        commands: the commands that made model and card, for the card.

    Returns:
        The path of the written model file.

    Raises:
        SalmapError: if the model or a data set can't be read.
    """
    network, info = load_model(model)
    made_by = read_recipe(recipe)
    size = made_by.released_size or network.network_config.size
    network.network_config = replace(network.network_config, size=size, page_gain=made_by.page_gain)
    info = replace(info, config=network.config())
    with TemporaryDirectory() as scratch:
        resized = Path(scratch) / model.name
        save_model(network, resized, info)
        evaluations = {dataset.name: _evaluate(resized, info.name, dataset) for dataset in datasets}
    scores = {name: _scores(info.name, evaluation) for name, evaluation in evaluations.items()}
    info = replace(info, scores=scores, notes=made_by.notes.strip())
    path = out / f"{info.name}.safetensors"
    save_model(network, path, info)
    data = path.read_bytes()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    facts = {
        "file": f"`{path.name}`, {len(data):,} bytes, float16",
        "SHA-256": f"`{hashlib.sha256(data).hexdigest()}`",
        "parameters": f"{parameters:,}",
        "license of the weights": info.license,
        "made with": f"Salmap {info.created_with}",
    }
    text = card(
        info, facts, datasets, evaluations, find_recipe(recipe).read_text("utf-8"), commands
    )
    replace_file(out / f"{info.name}.md", text.encode())
    logger.info("wrote %s and its card", path)
    return path


def fit_center_bias(datasets: Sequence[FixationDataset], out: Path) -> None:
    """Write the "center-bias" model, fitted to the training split of each data set.

    Raises:
        SalmapError: if a data set can't be read.
    """
    baselines = [training_baseline(dataset.split("train")) for dataset in datasets]
    density = np.mean([np.exp(b.grid.astype(np.float64)) for b in baselines], axis=0)
    model = CenterBias(log_normalize(np.log(density)))
    info = ModelInfo(
        name="center-bias",
        architecture=model.architecture,
        config=model.config(),
        license="Apache-2.0",
        data=tuple(f"{d.name} ({d.license or 'license unknown'})" for d in datasets),
        source="salmap train center-bias",
        notes="Ignores the picture: the mean of where people looked on the training pictures.",
    )
    write_tensors(out, model.tensors(), info)


def _evaluate(model: Path, name: str, dataset: FixationDataset) -> Evaluation:
    candidates = [ModelCandidate(name, load(str(model)))]
    candidates += [ModelCandidate(other, load(other)) for other in COMPARED]
    return evaluate(prepare(dataset, "val"), candidates)


def _scores(name: str, evaluation: Evaluation) -> dict[str, list[float]]:
    """Mean and interval of each metric, and the information gain of the gold standard."""
    rows = {metric: evaluation.interval(name, metric) for metric in METRICS}
    if GOLD_STANDARD in evaluation.rows:
        rows[GOLD_STANDARD_KEY] = evaluation.interval(GOLD_STANDARD, "ig")
    return {
        metric: [round(value, 4) for value in (score.mean, score.low, score.high)]
        for metric, score in rows.items()
    }

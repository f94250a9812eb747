"""Make a trained model fit to ship: scored on held-out pictures, with its card beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from salmap import load
from salmap.files import replace_file
from salmap.model_file import load_model, save_model
from salmap.trust import GOLD_STANDARD_KEY
from train.candidates import ModelCandidate
from train.datasets import FixationDataset
from train.evaluation import BASELINE, GOLD_STANDARD, Evaluation, evaluate, prepare
from train.report import cell, footnotes
from train.scoring import METRICS

logger = logging.getLogger(__name__)

#: classical models that every card shows beside the trained one
COMPARED = ("spectral-residual", "itti-koch")


def release(
    model: Path, datasets: Sequence[FixationDataset], out: Path, recipe: str, commands: str
) -> Path:
    """Score a model on the validation split of each data set and write it with its card.

    Args:
        model: the file that `train fit` made.
        datasets: whole data sets.
        out: folder for `<name>.safetensors` and `<name>.md`.
        recipe: the text of the recipe that made it, for the card.
        commands: the commands that made model and card, for the card.

    Returns:
        The path of the written model file.

    Raises:
        SalmapError: if the model or a data set can't be read.
    """
    network, info = load_model(model)
    evaluations = {dataset.name: _evaluate(model, info.name, dataset) for dataset in datasets}
    scores = {name: _scores(info.name, evaluation) for name, evaluation in evaluations.items()}
    info = dataclasses.replace(info, scores=scores)
    path = out / f"{info.name}.safetensors"
    save_model(network, path, info)
    data = path.read_bytes()
    parameters = sum(parameter.numel() for parameter in network.parameters())
    facts = {
        "file": f"`{path.name}`, {len(data):,} bytes, float16",
        "SHA-256": f"`{hashlib.sha256(data).hexdigest()}`",
        "parameters": f"{parameters:,}",
        "licence of the weights": info.licence,
        "made with": f"Salmap {info.created_with}",
    }
    card = _card(info.name, info.notes, info.data, facts, evaluations, recipe, commands)
    replace_file(out / f"{info.name}.md", card.encode())
    logger.info("wrote %s and its card", path)
    return path


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


def _card(
    name: str,
    notes: str,
    data: Sequence[str],
    facts: Mapping[str, str],
    evaluations: Mapping[str, Evaluation],
    recipe: str,
    commands: str,
) -> str:
    sections = [
        f"# {name}\n\nPredicts where people look in a picture, as a probability for each pixel.",
        "## Facts\n\n" + "\n".join(f"- {key}: {value}" for key, value in facts.items()),
        "## Training data\n\n"
        + "\n".join(f"- {item}" for item in data)
        + "\n\nOnly the training split (`train/datasets/splits.json`) was trained on; the centre "
        "bias in the weights comes from it too.",
        "## Scores\n\nOn the validation split, at full resolution, one picture at a time, with "
        "95 % bootstrap intervals over pictures. "
        + " ".join(f"{m.title}: {m.meaning}." for m in METRICS.values()),
        *(_table(dataset, evaluation) for dataset, evaluation in evaluations.items()),
        f"## Limits\n\n{notes}" if notes else "",
        f"## How it was made\n\n```\n{commands.strip()}\n```\n\nwith the recipe\n\n"
        f"```toml\n{recipe.strip()}\n```",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _table(dataset: str, evaluation: Evaluation) -> str:
    names = [BASELINE, *evaluation.candidates]
    names += [GOLD_STANDARD] if GOLD_STANDARD in evaluation.rows else []
    titles = [metric.title for metric in METRICS.values()]
    lines = [
        f"### {dataset}, {len(evaluation.task.truths)} pictures",
        "",
        "| model | " + " | ".join(titles) + " |",
        "|---" * (len(titles) + 1) + "|",
    ]
    for row in names:
        intervals = [evaluation.interval(row, metric) for metric in METRICS]
        cells = [cell(interval).replace("\n", "<br>") for interval in intervals]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *(f"{note}  " for note in footnotes(evaluation))])

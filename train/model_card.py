"""The card of a model that ships: facts, training data, scores and limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from salmap.datasets import FixationDataset
from salmap.evaluation.intervals import Interval
from salmap.evaluation.reliability import LEVELS
from salmap.evaluation.report import footnotes
from salmap.evaluation.task import BASELINE, GOLD_STANDARD, Evaluation
from salmap.metrics import METRICS
from salmap.types import UNKNOWN_VIEWER
from salmap.weights.info import ModelInfo

_PURPOSE = (
    "To see which parts of a picture will draw the eye before anybody has viewed it: to check a "
    "layout, compare versions of a design, choose a crop, or plan a study. It says where a group "
    "of people looks who view freely. It does not say what one person does, how people find what "
    "they search for, or whether they like what they see, and it is no instrument for diagnoses "
    "or for judging people."
)
_KINDS = (
    ("photographs like those it learned from", "measured on other pictures: *Scores* below"),
    (
        "photographs and viewers of data sets that it did not learn from",
        "for first stages of `lite`, `large` and `resnet50`: `docs/strangers.md`",
    ),
    (
        "web pages that people browse with a task",
        "for `lite`, `large`, `resnet50` and `tiny`: `docs/strangers.md`",
    ),
    ("posters, packaging, drawings, paintings, screens of phones, films", "not measured"),
)
_UNLIKE = (
    "Where `salmap train familiarity` was run, a picture unlike the photographs that it learned "
    "from is said to be so and analyzed with more caution; `docs/strangers.md` says how often that "
    "is right for `lite`, `large` and `resnet50`."
)
_TIME = (
    "The density is that of the whole time for which the training pictures were shown: three "
    "seconds, and five in Saliency in Crowd. How it changes in the first three seconds, and how "
    "well that is predicted, is in `docs/timing.md`; in which order people view, in "
    "`docs/scanpaths.md`."
)


def card(
    info: ModelInfo,
    facts: Mapping[str, str],
    datasets: Sequence[FixationDataset],
    evaluations: Mapping[str, Evaluation],
    recipe: str,
    commands: str,
) -> str:
    """The card in Markdown.

    Args:
        info: what the weight file says of the model.
        facts: a line each.
        datasets: whole ones, that it learned from or is scored on.
        evaluations: data set -> scores on its validation split.
        recipe: the text of the recipe.
        commands: those that made model and card.
    """
    sections = [
        f"# {info.name}\n\nPredicts where people look in a picture: a probability for each pixel.",
        f"## What it is for\n\n{_PURPOSE}",
        "## Facts\n\n" + _bullets([f"{key}: {value}" for key, value in facts.items()]),
        "## Training data\n\n"
        + _bullets(info.data)
        + "\n\nOnly the training split (`salmap/datasets/splits.json`) was trained on; the center "
        "bias in the weights comes from it, too. `docs/encoders.md` says where the encoders come "
        "from, their licenses, and what they were trained on before.",
        _viewing(datasets),
        _kinds(),
        "## Scores\n\nOn the validation split, at full resolution, one picture at a time, with "
        "95 % bootstrap intervals over pictures. The published epoch, and the size of a recipe "
        "with a `released_size`, did best on these pictures, which flatters the scores a little. "
        + " ".join(f"{m.title}: {m.meaning}." for m in METRICS.values()),
        *(_scores(dataset, evaluation) for dataset, evaluation in evaluations.items()),
        _reliability(info.name, evaluations),
        f"## Time\n\n{_TIME}",
        f"## Limits\n\n{info.notes}" if info.notes else "",
        f"## How it was made\n\n```\n{commands.strip()}\n```\n\nwith the recipe\n\n"
        f"```toml\n{recipe.strip()}\n```",
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _kinds() -> str:
    lines = [*_header("kind", ["how well"]), *(_row(kind, [known]) for kind, known in _KINDS)]
    return "\n\n".join(["## Kinds of picture", "\n".join(lines), _UNLIKE])


def _viewing(datasets: Sequence[FixationDataset]) -> str:
    lines = _header("data set", ["viewers", "each picture was shown for", "one degree"])
    for dataset in datasets:
        indices = range(len(dataset))
        viewers = np.unique(np.concatenate([dataset.fixations(i).viewer for i in indices]))
        degrees = [dataset.sigma_px(index) for index in indices]
        low, high = (f"{edge:.0f}" for edge in (min(degrees), max(degrees)))
        cells = [
            "unknown" if UNKNOWN_VIEWER in viewers else f"{len(viewers)}",
            f"{dataset.duration_s:g} s" if dataset.duration_s else "unknown",
            f"{low} pixels" if low == high else f"{low} to {high} pixels",
        ]
        lines.append(_row(dataset.name, cells))
    sources = [f"{d.name}: {d.citation}" for d in datasets if d.citation]
    told = "How the pictures were viewed that it learned from and is scored on, on a screen:"
    return "\n\n".join(
        [f"## Viewing conditions\n\n{told}", "\n".join(lines), _bullets(sources)]
    ).rstrip()


def _scores(dataset: str, evaluation: Evaluation) -> str:
    names = [BASELINE, *evaluation.candidates]
    names += [GOLD_STANDARD] if GOLD_STANDARD in evaluation.rows else []
    lines = [
        f"### {dataset}, {len(evaluation.task.truths)} pictures",
        "",
        *_header("model", [metric.title for metric in METRICS.values()]),
    ]
    for row in names:
        intervals = [evaluation.interval(row, metric) for metric in METRICS]
        lines.append(_row(row, [_cell(interval, 3) for interval in intervals]))
    return "\n".join([*lines, "", *(f"{note}  " for note in footnotes(evaluation))])


def _reliability(name: str, evaluations: Mapping[str, Evaluation]) -> str:
    lines = _header("", [f"{level:.0%}" for level in LEVELS])
    for dataset, evaluation in evaluations.items():
        shares = [share for _, share in evaluation.regions(name)]
        cells = [_cell(Interval(*(100 * v for v in (s.mean, s.low, s.high))), 1) for s in shares]
        lines.append(_row(dataset, cells))
    return (
        "## Reliability\n\nThe percentage of fixations in the smallest region predicted to "
        "hold the share above; validation split, 95 % bootstrap intervals over pictures. Less than "
        "predicted: the model is overconfident.\n\n"
    ) + "\n".join(lines)


def _bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _header(first: str, titles: Sequence[str]) -> list[str]:
    return [_row(first, titles), "|---" * (len(titles) + 1) + "|"]


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | " + " | ".join(cells) + " |"


def _cell(interval: Interval, digits: int) -> str:
    if math.isnan(interval.mean):
        return "–"
    mean, low, high = (f"{v:.{digits}f}" for v in (interval.mean, interval.low, interval.high))
    return f"{mean}<br>({low} to {high})"

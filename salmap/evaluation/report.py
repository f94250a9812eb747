"""Scores for people and programs: a table on the terminal, JSON and CSV."""

from __future__ import annotations

import csv
import json
import math
import platform
import shlex
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from salmap.evaluation.intervals import LEVEL, RESAMPLES, Interval, PairedTest
from salmap.evaluation.reliability import LEVELS
from salmap.evaluation.task import BASELINE, GOLD_STANDARD, Evaluation
from salmap.metrics import METRICS, Metric
from salmap.version import __version__

PACKAGES = ("onnxruntime", "torch", "timm", "numpy", "scipy", "opencv-python-headless", "pillow")
#: columns of the output if it does not go to a terminal
FILE_WIDTH = 130


def print_report(evaluation: Evaluation) -> None:
    """Tables of scores, comparisons and notes on standard output."""
    console = Console() if sys.stdout.isatty() else Console(width=FILE_WIDTH)
    console.print(_score_table(evaluation))
    if evaluation.categories:
        console.print(_category_table(evaluation))
    if evaluation.densities:
        console.print(_reliability_table(evaluation))
    for test in evaluation.paired_tests():
        console.print(describe(test))
    for line in footnotes(evaluation):
        console.print(line, style="dim")


def _score_table(evaluation: Evaluation) -> Table:
    table = _table(headline(evaluation))
    for metric in METRICS.values():
        table.add_column(metric.title, justify="right")
    for row in evaluation.rows:
        cells = [_cell(evaluation.interval(row, m)) for m in METRICS]
        table.add_row(row, *cells)
    return table


def _category_table(evaluation: Evaluation) -> Table:
    rows = [row for row in evaluation.rows if row != BASELINE]
    table = _table("IG by category")
    for row in rows:
        table.add_column(row, justify="right")
    for category in evaluation.categories:
        cells = [_cell(evaluation.interval(row, "ig", category)) for row in rows]
        table.add_row(category, *cells)
    return table


def _reliability_table(evaluation: Evaluation) -> Table:
    table = _table("Fixations in the region predicted to hold")
    for level in LEVELS:
        table.add_column(f"{level:.0%}", justify="right")
    for row in evaluation.densities:
        table.add_row(row, *(f"{observed.mean:.1%}" for _, observed in evaluation.regions(row)))
    return table


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    return table


def headline(evaluation: Evaluation) -> str:
    """What was evaluated, in one line."""
    task = evaluation.task
    dropped = ", without first fixations" if task.drop_first else ""
    return f"{task.dataset.name}, {task.split} split, {len(task.truths)} pictures{dropped}"


def _cell(interval: Interval) -> str:
    """A mean and half the width of its interval, for a narrow column."""
    if math.isnan(interval.mean):
        return "-"
    if math.isnan(interval.low):
        return f"{interval.mean:.3f}"
    return f"{interval.mean:.3f} ±{(interval.high - interval.low) / 2:.3f}"


def describe(test: PairedTest) -> str:
    """A comparison in a sentence."""
    between = test.difference
    return (
        f"{METRICS[test.metric].title} of {test.a} minus {test.b}: {between.mean:+.3f} "
        f"({between.low:+.3f} to {between.high:+.3f}), Wilcoxon p = {test.p_value:.2g}, "
        f"{test.pictures} pictures"
    )


def footnotes(evaluation: Evaluation) -> list[str]:
    """What a reader of the scores should know."""
    baseline, gold = evaluation.task.baseline, evaluation.gold
    lines = [
        f"Means over pictures, at full resolution, with {LEVEL * 100:.0f} % bootstrap intervals "
        f"({RESAMPLES} resamples).",
        f"IG in bits per fixation over the center bias of {baseline.source}"
        + (f", bandwidth {baseline.bandwidth:.3f}." if baseline.bandwidth else "."),
        "CC, SIM and KL compare with all fixations blurred by one degree of visual angle. "
        "Low KL is good.",
        "The region predicted to hold 20 % of fixations is the smallest with this probability. If "
        "it holds more, the prediction is too flat; if fewer, it is overconfident.",
    ]
    if gold:
        lines.append(
            f"Gold standard: each viewer predicted from the others; bandwidth {gold.bandwidth:.4f} "
            f"of the long side, weights {gold.viewers:.3f} viewers, {gold.center_bias:.3f} center "
            f"bias, {gold.uniform:.3f} uniform. NSS and AUCs on a grid; it has no CC, SIM or KL."
        )
    return [*lines, *evaluation.notes]


def write_json(evaluation: Evaluation, path: Path) -> None:
    """Everything, with the scores of each picture; numbers that are not finite become null."""
    text = json.dumps(_finite(_as_dict(evaluation)), indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def command_line() -> str:
    """The command that was run."""
    return shlex.join(["salmap", *sys.argv[1:]])


def versions() -> dict[str, str]:
    """Of Salmap, Python and the packages that scores depend on."""
    found = {"salmap": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _as_dict(evaluation: Evaluation) -> dict[str, Any]:
    task = evaluation.task
    return {
        "command": command_line(),
        "versions": versions(),
        "dataset": task.dataset.name,
        "split": task.split,
        "pictures": len(task.truths),
        "drop_first": task.drop_first,
        "metrics": {key: _about(metric) for key, metric in METRICS.items()},
        "intervals": {"level": LEVEL, "resamples": RESAMPLES, "method": "percentile bootstrap"},
        "baseline": {
            "row": BASELINE,
            "source": task.baseline.source,
            "bandwidth": task.baseline.bandwidth,
        },
        "gold_standard": evaluation.gold and {"row": GOLD_STANDARD, **asdict(evaluation.gold)},
        "rows": {row: _row_as_dict(evaluation, row) for row in evaluation.rows},
        "paired_tests": [asdict(test) for test in evaluation.paired_tests()],
        "failures": [asdict(failure) for failure in evaluation.failures],
        "notes": list(evaluation.notes),
    }


def _about(metric: Metric) -> dict[str, str | bool]:
    return {
        "title": metric.title,
        "unit": metric.unit,
        "meaning": metric.meaning,
        "higher_is_better": metric.higher_is_better,
    }


def _row_as_dict(evaluation: Evaluation, row: str) -> dict[str, Any]:
    def means(category: str | None = None) -> dict[str, Any]:
        return {m: asdict(evaluation.interval(row, m, category)) for m in METRICS}

    return {
        "scores": means(),
        "categories": {category: means(category) for category in evaluation.categories},
        "reliability": {
            "regions": _predicted_and_observed(evaluation.regions(row)),
            "tenths_of_the_area": _predicted_and_observed(evaluation.groups(row)),
        }
        if row in evaluation.densities
        else None,
        "pictures": {
            name: {metric: scores[metric] for metric in METRICS}
            for name, scores in evaluation.rows[row].items()
        },
    }


def _predicted_and_observed(pairs: list[tuple[float, Interval]]) -> list[dict[str, Any]]:
    return [{"predicted": share, "observed": asdict(observed)} for share, observed in pairs]


def _finite(value: Any) -> Any:
    """The same JSON values with null for numbers that JSON can't express."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_csv(evaluation: Evaluation, path: Path) -> None:
    """A line for each row and picture; undefined scores are empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "picture", "category", "fixations", *METRICS])
        for row, scores in evaluation.rows.items():
            for truth in evaluation.task.truths:
                if found := scores.get(truth.name):
                    numbers = [found[m] for m in METRICS]
                    cells = ["" if math.isnan(n) else repr(n) for n in numbers]
                    about = [row, truth.name, truth.category or "", len(truth.fixations)]
                    writer.writerow([*about, *cells])

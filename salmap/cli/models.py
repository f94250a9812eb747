"""`salmap models`: which models there are."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from salmap import weights
from salmap.cli.text import one_line
from salmap.errors import SalmapError
from salmap.weights.info import read_info
from salmap.weights.registry import DEFAULT_MODEL, ModelEntry


def models(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """List the models: where their weights come from, license, training data and scores."""
    rows = [_row(entry) for entry in weights.all_models()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        default = " (default)" if row["name"] == DEFAULT_MODEL else ""
        size = f", {row['size_bytes'] / 1e6:.1f} MB" if row["size_bytes"] else ""
        typer.echo(f"{row['name']}{default}\n    {row['description']}")
        typer.echo(f"    weights: {row['weights']}{size}; license: {one_line(row['license'])}")
        for data in row["data"]:
            typer.echo(f"    trained on: {one_line(data)}")
        for name, scores in row["scores"].items():
            typer.echo(f"    {one_line(f'{name}: {_scores(scores)}')}")
        if row["problem"]:
            typer.echo(f"    problem: {row['problem']}")


def _row(entry: ModelEntry) -> dict[str, Any]:
    """What is known about a model from its registry entry and its file; nothing is downloaded."""
    row: dict[str, Any] = {
        "name": entry.name,
        "description": entry.description,
        "weights": weights.origin(entry),
        "size_bytes": entry.size_bytes,
        "license": entry.license,
        "data": [],
        "scores": {},
        "problem": "",
    }
    problem = weights.why_missing(entry)
    if problem:
        return row | {"weights": "not in this installation", "problem": problem}
    path = weights.local_file(entry)
    if path is None:
        return row
    try:
        info = read_info(path)
    except SalmapError as error:
        return row | {"problem": one_line(error)}
    return row | {"license": info.license, "data": list(info.data), "scores": info.scores}


def _scores(scores: dict[str, list[float]]) -> str:
    """Metrics on one line, each with its 95 % interval where there is one."""
    parts = []
    for metric, (mean, *interval) in scores.items():
        between = f" ({interval[0]:.3f} to {interval[1]:.3f})" if len(interval) == 2 else ""
        parts.append(f"{metric} {mean:.3f}{between}")
    return ", ".join(parts)

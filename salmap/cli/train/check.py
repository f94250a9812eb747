"""`salmap train check`: what is in data sets, and what is wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.options import GazeOption
from salmap.cli.train.data import Splits, open_named
from salmap.errors import SalmapError


def check(
    data: Annotated[list[str], typer.Argument(metavar="NAME=PATH", help="Data sets to check.")],
    splits: Splits = None,
    gaze: GazeOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each data set instead.")
    ] = False,
    samples: Annotated[
        Path | None, typer.Option(help="Folder for a few pictures with their fixations drawn.")
    ] = None,
) -> None:
    """Show what is in data sets and what is wrong with them; exit status 1 if anything is."""
    from salmap.datasets.check import (  # noqa: PLC0415  (quick --help)
        check_dataset,
        render,
        report_record,
        write_samples,
    )

    sound = True
    for option in data:
        try:
            dataset = open_named(option, splits, gaze)
            report = check_dataset(dataset, progress=True)
        except SalmapError as error:
            if as_json:
                typer.echo(json.dumps({"option": option, "error": str(error)}))
            typer.echo(f"{option}: {error}", err=True)
            sound = False
            continue
        shown = [] if samples is None else write_samples(dataset, samples)
        text = (
            json.dumps(report_record(report) | {"samples": shown})
            if as_json
            else f"{render(report)}\n"
        )
        typer.echo(text)
        sound = sound and not report.problems
    if not sound:
        raise typer.Exit(1)

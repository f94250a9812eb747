"""The command line: `salmap ...`, or `python -m salmap ...`.

What is slow to import (torch) is imported by the commands that need it.
"""

from __future__ import annotations

import io
import logging
import sys
from typing import Annotated

import typer

from salmap.cli.areas import areas
from salmap.cli.compare_designs import compare_designs
from salmap.cli.crop import crop
from salmap.cli.deploy import deploy
from salmap.cli.evaluate import evaluate
from salmap.cli.export import export
from salmap.cli.models import models
from salmap.cli.predict import predict
from salmap.cli.publish import publish
from salmap.cli.report import report
from salmap.cli.text import one_line
from salmap.cli.train import app as train
from salmap.errors import SalmapError
from salmap.version import __version__

app = typer.Typer(
    name="salmap",
    help="Predict where people look in pictures.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for command in (
    predict, areas, compare_designs, report, crop, evaluate, models, export, publish, deploy,
):  # fmt: skip
    app.command()(command)
app.add_typer(train, name="train")


def main(program: str = "salmap", commands: typer.Typer = app) -> None:
    """Run the command line; an expected failure is one line on stderr and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # no name of a file can end a command
            stream.reconfigure(errors="backslashreplace")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        commands(prog_name=program)
    except SalmapError as error:
        sys.exit(f"salmap: {one_line(error)}")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    pass

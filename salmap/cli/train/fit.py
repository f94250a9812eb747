"""`salmap train fit`: recipe and data sets in, a model out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.data import open_sound
from salmap.cli.train.package import training
from salmap.errors import TrainingError
from salmap.processes import launched


def fit(
    recipe: Annotated[Path, typer.Option(help="TOML file with the settings.")],
    data: Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for log, checkpoints and model.")],
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint in --out.")] = False,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="TIMM_NAME=FILE.safetensors with pretrained encoder weights."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="SETTING=VALUE instead of the recipe's; may be repeated."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for features and decoded pictures. [OUT/cache]")
    ] = None,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="What decoded pictures may take there, in GB.")
    ] = 10.0,
    start: Annotated[
        str | None,
        typer.Option(help="Model of the same network to go on from, instead of a new one."),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Model to learn from, beside the fixations; may be repeated."),
    ] = None,
    unlabeled: Annotated[
        Path | None,
        typer.Option(
            "--unlabeled",
            "--unlabelled",
            help="Folder of pictures without fixations, for the teachers to explain.",
        ),
    ] = None,
    splits: Annotated[Path | None, typer.Option(help="JSON file with other splits.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that read pictures. [1 on a CPU, more for a GPU]"),
    ] = None,
    copy: Annotated[
        Path | None, typer.Option(help="A second place for the finished model's file.")
    ] = None,
) -> None:
    """Train a model: a short stage on frozen features, then end to end.

    The same command trains in many processes, on GPUs or CPUs, with the same result:
    'accelerate launch --multi_gpu --num_processes 4 -m salmap train fit ...'. Batches are the
    recipe's, shared out over the processes. Several machines must share the folders --out and
    --cache.
    """
    recipes = training("recipe")
    first = launched().first
    if not first:
        logging.getLogger().setLevel(logging.WARNING)
    wanted = recipes.read_recipe(recipe, **recipes.parse_settings(settings or ()))
    datasets = open_sound(data, splits)
    encoders = dict(_pair(option) for option in encoder or [])
    model = training("run").fit(
        wanted, datasets, out, encoders, cache, resume, workers, cache_gb, copy, teacher or (),
        unlabeled, start,
    )  # fmt: skip
    if not first:
        return
    if model is None:
        typer.echo("Stopped. The last whole epoch is kept; go on with --resume.")
        return
    typer.echo(f"The model is {model}. Use it: python -m salmap predict PICTURE --model {model}")


def _pair(option: str) -> tuple[str, Path]:
    name, sign, path = option.partition("=")
    if not sign or not name or not path:
        raise TrainingError(f"--encoder wants TIMM_NAME=FILE.safetensors, not '{option}'.")
    return name, Path(path)

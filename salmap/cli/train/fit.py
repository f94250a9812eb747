"""`salmap train fit`: recipe and data sets in, a model out."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.options import GazeOption
from salmap.cli.train.data import Data, Splits, open_sound
from salmap.cli.train.package import training
from salmap.errors import TrainingError
from salmap.processes import launched


def fit(
    recipe: Annotated[
        str, typer.Option(help="TOML file with the settings, or the name of one of Salmap's.")
    ],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for log, checkpoints and model.")],
    resume: Annotated[bool, typer.Option(help="Continue from the last checkpoint.")] = False,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="TIMM_NAME=FILE.safetensors with pretrained encoder weights."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="SETTING=VALUE to replace one of the recipe's, such as size=256 or "
            "finetune.batch=4; may be repeated.",
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for features and decoded pictures. [OUT/cache]")
    ] = None,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="Space for decoded pictures there, in GB.")
    ] = 10.0,
    start: Annotated[
        str | None,
        typer.Option(help="Trained model of the same network to start from."),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Trained model to learn from beside the fixations; may be repeated."),
    ] = None,
    unlabeled: Annotated[
        Path | None,
        typer.Option(
            "--unlabeled",
            "--unlabelled",
            help="Folder of pictures without fixations, learned from the teachers alone.",
        ),
    ] = None,
    splits: Splits = None,
    gaze: GazeOption = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that read pictures. [1 on a CPU, more for a GPU]"),
    ] = None,
    copy: Annotated[
        Path | None, typer.Option(help="Second place to save the finished model.")
    ] = None,
) -> None:
    """Train a model: a short stage on frozen features, then end to end.

    The same command trains in several processes, on GPUs or CPUs, with the same result:
    'accelerate launch --multi_gpu --num_processes 4 -m salmap train fit ...'. The recipe's batches
    are divided among the processes. Several machines must share the folders --out and --cache.
    """
    recipes, machine, run = (training(name) for name in ("recipe_file", "machine", "run"))
    first = launched().first
    if not first:
        logging.getLogger().setLevel(logging.WARNING)
    wanted = recipes.read_recipe(recipe, recipes.parse_settings(settings or ()))
    datasets = open_sound(data, splits, gaze)
    model = run.fit(
        wanted,
        datasets,
        out,
        run.Start(dict(_pair(option) for option in encoder or []), start),
        run.Teaching(teacher or (), unlabeled),
        machine.Resources(cache, cache_gb, workers),
        resume=resume,
        copy=copy,
    )
    if not first:
        return
    if model is None:
        typer.echo("Stopped. The last complete epoch is kept; continue with --resume.")
        return
    typer.echo(f"The model is {model}. Use it: salmap predict PICTURE --model {model} --out DIR")


def _pair(option: str) -> tuple[str, Path]:
    name, sign, path = option.partition("=")
    if not sign or not name or not path:
        raise TrainingError(f"--encoder takes TIMM_NAME=FILE.safetensors, not '{option}'.")
    return name, Path(path)

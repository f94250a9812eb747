"""`salmap train release`: a scored model file with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.data import Data, open_sound
from salmap.cli.train.package import training


def release(
    model: Annotated[Path, typer.Argument(help="The model.safetensors of a finished run.")],
    recipe: Annotated[
        str, typer.Option(help="The recipe that made it: a file, or the name of one of Salmap's.")
    ],
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the model file and its card.")],
    fit_options: Annotated[
        str, typer.Option(help="Other options of 'train fit' that made it, for the card.")
    ] = "",
) -> None:
    """Score a model on held-out pictures and save it with its model card."""
    datasets = open_sound(data)
    options = " ".join(f"--data {dataset.name}=PATH" for dataset in datasets)
    commands = (
        f"salmap train fit --recipe {recipe} {options} {fit_options}".rstrip() + " --out RUN\n"
        f"salmap train release RUN/model.safetensors --recipe {recipe} {options} --out assets"
    )
    path = training("release").release(model, datasets, out, recipe, commands)
    typer.echo(f"Wrote {path} and {path.with_suffix('.md')}.")

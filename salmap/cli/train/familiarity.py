"""`salmap train familiarity`: by what a network knows pictures that are unlike its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.data import Data, open_sound
from salmap.cli.train.package import training


def familiarity(
    model: Annotated[Path, typer.Argument(help="The weight file of a trained network.")],
    data: Data,
    unlike: Annotated[
        list[Path],
        typer.Option(help="Folder of pictures of another kind, such as screenshots; repeatable."),
    ],
) -> None:
    """Measure how a network's training pictures differ, to it, from pictures of other kinds.

    The result lies beside the weights, as <name>.familiarity.safetensors. With it, predictions say
    whether a picture is unlike those that the network was trained on. --data names the data sets
    that it was trained on. Noise counts as another kind without being asked for.
    """
    path = training("familiarity").measure(model, open_sound(data), unlike)
    typer.echo(f"Wrote {path}.")

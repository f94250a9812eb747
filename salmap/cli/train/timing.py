"""`salmap train timing`: when people look where, according to a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.data import Data, open_sound
from salmap.cli.train.package import training


def timing(
    model: Annotated[Path, typer.Argument(help="The weight file of a trained network.")],
    data: Data,
) -> None:
    """Measure how a network's density depends on how long people have viewed a picture.

    The result lies beside the weights, as <name>.timing.safetensors. With it, predictions say where
    people look first, and how likely an area is seen within 1, 2 and 3 seconds. --data names data
    sets whose fixations have durations and viewers; their training splits are used.
    """
    path = training("timing").measure(model, open_sound(data))
    typer.echo(f"Wrote {path}.")

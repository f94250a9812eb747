"""`salmap train center-bias`: the baseline that ignores the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.data import Data, open_sound
from salmap.cli.train.package import training


def center_bias(
    data: Data,
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
) -> None:
    """Fit the baseline that ignores the picture to training splits, all with the same weight."""
    training("release").fit_center_bias(open_sound(data), out)
    typer.echo(f"Wrote {out}.")

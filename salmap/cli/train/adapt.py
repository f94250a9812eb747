"""`salmap train adapt`: fit a trained model to viewers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from salmap.cli.options import GazeOption
from salmap.cli.train.data import Splits, open_named, say_notes
from salmap.cli.train.package import training

#: exit status when nothing failed but no file was written: no gain, or a stop on request
NOTHING_WRITTEN = 3


def adapt(
    data: Annotated[str, typer.Option(help="NAME=PATH of a data set, such as folder=PATH.")],
    out: Annotated[Path, typer.Option(help="The .safetensors file to write.")],
    model: Annotated[
        str, typer.Option(help="A network: a name, a .safetensors file or hf://owner/repo.")
    ] = "lite",
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "all",
    splits: Splits = None,
    gaze: GazeOption = None,
    pictures: Annotated[
        int, typer.Option(min=1, help="Use at most this many, drawn at random.")
    ] = 500,
    force: Annotated[
        bool, typer.Option("--force", help="Save the model even if no gain can be shown.")
    ] = False,
    log: Annotated[
        Path | None, typer.Option(help="Folder for a log; a file named STOP there ends the run.")
    ] = None,
) -> None:
    """Adapt a trained model to your viewers with about 50 pictures and their fixations.

    Only the last step is fitted, from evidence to a density: blur, gain, center bias and uniform
    share. The gain is measured on pictures left out of the fit, and the file is written only if
    the 95 % interval of the gain lies above 0.

    Exit status: 0, the file was written; 1, something is wrong, or a picture can't be read (it is
    named on stderr and the others are used); 3, no gain can be shown, or the run was stopped, and
    nothing was written.
    """
    dataset = open_named(data, splits, gaze).split(split)
    say_notes(dataset)
    adaptation = training("adapt.run").adapt(
        model, dataset, out, force=force, log=log, max_pictures=pictures
    )
    if adaptation is None:
        typer.echo("Stopped. Nothing was written.")
        raise typer.Exit(NOTHING_WRITTEN)
    for line in _lines(adaptation):
        typer.echo(line)
    for name, message in adaptation.failures.items():
        typer.echo(f"{name}: {' '.join(message.split())}", err=True)
    if adaptation.failures:
        raise typer.Exit(1)
    raise typer.Exit(0 if adaptation.path else NOTHING_WRITTEN)


def _lines(adaptation: Any) -> Iterator[str]:
    """The result, for people."""
    yield adaptation.summary
    for setting in adaptation.settings:
        yield f"  {setting.name}: {setting.before:.4g} before, {setting.after:.4g} after"
    if adaptation.path:
        yield (
            f"The model is {adaptation.path}. Use it: salmap predict PICTURE --model "
            f"{adaptation.path} --out DIR"
        )
    else:
        yield "Nothing was written; --force saves the model anyway."

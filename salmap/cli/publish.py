"""`salmap publish`: a model to the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.options import PrivateOption, YesOption


def publish(
    checkpoint: Annotated[Path, typer.Argument(help="A .safetensors model.")],
    repository: Annotated[str, typer.Argument(help="owner/repo on the Hub.")],
    private: PrivateOption = False,
    yes: YesOption = False,
) -> None:
    """Upload a model and its card to the Hugging Face Hub. Needs HF_TOKEN with write access."""
    from salmap.publish import model as publishing  # noqa: PLC0415

    plan = publishing.plan(checkpoint, repository, private)
    if not yes:
        typer.echo(f"{plan.summary()}\n\n{plan.card}\nNothing was sent. Add --yes to do it.")
        return
    typer.echo(publishing.publish(plan))

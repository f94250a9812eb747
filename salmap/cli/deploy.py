"""`salmap deploy`: the app to a Space."""

from __future__ import annotations

from typing import Annotated

import typer

from salmap.cli.options import PrivateOption, YesOption


def deploy(
    space: Annotated[str, typer.Argument(help="owner/name of a Space on the Hub.")],
    weights_repo: Annotated[
        str, typer.Option(help="owner/name on the Hub from which the Space takes all weights.")
    ] = "",
    private: PrivateOption = False,
    yes: YesOption = False,
) -> None:
    """Put the app on a Hugging Face Space. Needs HF_TOKEN with write access; see docs/spaces.md."""
    from salmap.publish import space as deploying  # noqa: PLC0415

    plan = deploying.plan(space, private, weights_repo)
    if not yes:
        typer.echo(f"{plan.summary()}\n\nNothing was sent. Add --yes to do it.")
        return
    typer.echo(deploying.deploy(plan))

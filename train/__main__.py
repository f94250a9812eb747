"""`python -m train ...`: check data sets, train models, evaluate and adapt them."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from salmap.errors import SalmapError, TrainingError
from salmap.processes import launched
from train.adapt import command as adapt
from train.conversion.command import compare, convert
from train.datasets.check import command as check
from train.evaluate import command as evaluate

if TYPE_CHECKING:
    from train.datasets import FixationDataset

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
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="SETTING=VALUE instead of the recipe's; may be repeated."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder for features and decoded pictures. [OUT/cache]")
    ] = None,
    cache_gb: Annotated[
        float, typer.Option(min=0, help="What decoded pictures may take there, in GB.")
    ] = 10.0,
    start: Annotated[
        str | None,
        typer.Option(help="Model of the same network to go on from, instead of a new one."),
    ] = None,
    teacher: Annotated[
        list[str] | None,
        typer.Option(help="Model to learn from, beside the fixations; may be repeated."),
    ] = None,
    unlabelled: Annotated[
        Path | None,
        typer.Option(help="Folder of pictures without fixations, for the teachers to explain."),
    ] = None,
    splits: Annotated[Path | None, typer.Option(help="JSON file with other splits.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=0, help="Processes that read pictures. [1 on a CPU, more for a GPU]"),
    ] = None,
    copy: Annotated[
        Path | None, typer.Option(help="A second place for the finished model's file.")
    ] = None,
) -> None:
    """Train a model: a short stage on frozen features, then end to end.

    The same command trains in many processes, on GPUs or CPUs, with the same result:
    'accelerate launch --multi_gpu --num_processes 4 -m train fit ...'. Batches are the recipe's,
    shared out over the processes. Several machines must share the folders --out and --cache.
    """
    from train.config import parse_settings, read_recipe  # noqa: PLC0415  (keeps --help quick)
    from train.run import fit as run_fit  # noqa: PLC0415

    first = launched().first
    if not first:
        logging.getLogger().setLevel(logging.WARNING)
    wanted = read_recipe(recipe, **parse_settings(settings or ()))
    datasets = _open_sound(data, splits)
    encoders = dict(_pair(option) for option in encoder or [])
    model = run_fit(
        wanted, datasets, out, encoders, cache, resume, workers, cache_gb, copy, teacher or (),
        unlabelled, start,
    )  # fmt: skip
    if not first:
        return
    if model is None:
        typer.echo("Stopped. The last whole epoch is kept; go on with --resume.")
        return
    typer.echo(f"The model is {model}. Use it: python -m salmap predict PICTURE --model {model}")


app.command("adapt")(adapt)
app.command("check")(check)
app.command("evaluate")(evaluate)
app.command("convert")(convert)
app.command("compare-encoder")(compare)


@app.command("center-bias")
def center_bias(
    data: Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")],
    out: Annotated[Path, typer.Option(help="The safetensors file to write.")],
) -> None:
    """Fit the baseline that looks at no picture to training splits, all weighing the same."""
    from train.release import fit_center_bias  # noqa: PLC0415

    fit_center_bias(_open_sound(data), out)
    typer.echo(f"Wrote {out}.")


@app.command()
def release(
    model: Annotated[Path, typer.Argument(help="The model.safetensors of a finished run.")],
    recipe: Annotated[Path, typer.Option(help="The recipe that made it.")],
    data: Annotated[list[str], typer.Option(help="NAME=PATH of a data set; may be repeated.")],
    out: Annotated[Path, typer.Option(help="Folder for the model file and its card.")],
    fit_options: Annotated[
        str, typer.Option(help="Further options of 'train fit' that made it, for the card.")
    ] = "",
) -> None:
    """Score a model on held-out pictures and write it with its model card."""
    from train.release import release as run_release  # noqa: PLC0415

    datasets = _open_sound(data)
    options = " ".join(f"--data {dataset.name}=PATH" for dataset in datasets)
    commands = (
        f"python -m train fit --recipe {recipe} {options} {fit_options}".rstrip() + " --out RUN\n"
        f"python -m train release RUN/model.safetensors --recipe {recipe} {options} --out assets"
    )
    path = run_release(model, datasets, out, recipe, commands)
    typer.echo(f"Wrote {path} and {path.with_suffix('.md')}.")


def _open_sound(data: list[str], splits: Path | None = None) -> list[FixationDataset]:
    """Data sets without problems; see `train.datasets.check.require_sound`."""
    from train.datasets import open_dataset, parse_data_option  # noqa: PLC0415
    from train.datasets.check import require_sound  # noqa: PLC0415

    datasets = [open_dataset(*parse_data_option(option), splits) for option in data]
    return [require_sound(dataset, progress=True) for dataset in datasets]


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

"""The command line: `python -m salmap ...`, or `salmap ...` where it is installed.

What is slow to import (torch) is imported by the commands that need it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from salmap import weights
from salmap.errors import SalmapError
from salmap.model_info import read_info
from salmap.processes import launched
from salmap.registry import DEFAULT_MODEL, ModelEntry
from salmap.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from salmap.batch import Job, Style
    from salmap.predictor import Predictor

SAVEABLE = ("overlay", "heatmap", "density", "regions")
ModelOption = Annotated[
    str, typer.Option(help="A name from 'salmap models', a .safetensors file, or hf://owner/repo.")
]

app = typer.Typer(
    name="salmap",
    help="Predict where people look in pictures.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; an expected failure is one line on stderr and exit status 1."""
    try:
        app(prog_name="salmap")
    except SalmapError as error:
        sys.exit(f"salmap: {_one_line(error)}")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    pass


def _kinds(text: str) -> list[str]:
    kinds = [kind for kind in dict.fromkeys(part.strip() for part in text.split(",")) if kind]
    unknown = [kind for kind in kinds if kind not in SAVEABLE]
    if unknown or not kinds:
        raise typer.BadParameter(f"'{text}': choose from {', '.join(SAVEABLE)}.")
    return kinds


@app.command()
def predict(
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures, or folders that are walked to the end.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; made if need be.")],
    model: ModelOption = DEFAULT_MODEL,
    save: Annotated[str, typer.Option(help="What to save, with commas between.")] = ",".join(
        SAVEABLE
    ),
    k: Annotated[int, typer.Option(min=1, help="Number of regions.")] = 5,
    opacity: Annotated[float, typer.Option(min=0, max=1, help="Of the overlay.")] = 0.5,
    colormap: Annotated[str, typer.Option(help="Of overlay and heatmap.")] = "turbo",
    resume: Annotated[
        bool, typer.Option("--resume", help="Write only the results that are not there yet.")
    ] = False,
    device: Annotated[
        str, typer.Option(help="cpu, cuda, or auto: a GPU if there is one.")
    ] = "auto",
) -> None:
    """Predict where people look, and save what was asked for.

    Results of street.jpg: street_overlay.png, street_heatmap.png (full size),
    street_density.npy (float32, height x width, sums to 1) and street_regions.json.

    Where two pictures share a name, more of the path is kept: cats/1.jpg and dogs/1.jpg become
    cats-1 and dogs-1, 1.jpg beside 1.png becomes 1-jpg and 1-png.

    A picture that fails is named on stderr and the others are still done; the exit status is 0
    only when every picture was done.

    'accelerate launch --multi_gpu --num_processes 4 -m salmap predict ...' shares the pictures out
    over four processes, on CPUs too.
    """
    from salmap.batch import Style, find_pictures, plan, remaining  # noqa: PLC0415
    from salmap.render import COLORMAPS  # noqa: PLC0415

    kinds = _kinds(save)
    if colormap not in COLORMAPS:
        raise typer.BadParameter(f"'{colormap}': choose from {', '.join(COLORMAPS)}.")
    _make_folder(out)
    processes = launched()
    failures: list[Path] = []

    def fail(path: Path, reason: str) -> None:
        failures.append(path)
        line = reason if reason.startswith(str(path)) else f"{path}: {reason}"
        tqdm.write(_one_line(line), file=sys.stderr)

    found = find_pictures(pictures, out, fail if processes.first else _ignore)
    unusable = len(failures)
    jobs = list(processes.share(plan(found, out, kinds)))
    if resume:
        jobs = remaining(jobs)
    if jobs:
        predictor = weights.load(model, device=device)
        _run(predictor, jobs, Style(k, opacity, colormap), fail, processes.first)
    failed = processes.total(len(failures))
    if processes.first:
        total = len(found) + unusable
        typer.echo(f"{total - failed} of {total} done, in {out}")
    raise typer.Exit(1 if failed else 0)


def _ignore(path: Path, reason: str) -> None:
    """For what another process reports."""


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SalmapError(
            f"{path} can't be made: {error.strerror}. Choose another folder for --out."
        ) from error


def _run(
    predictor: Predictor,
    jobs: list[Job],
    style: Style,
    fail: Callable[[Path, str], None],
    bar: bool,
) -> None:
    """Do the pictures one by one; a `bar` appears after two seconds where there is a terminal."""
    from salmap.batch import process  # noqa: PLC0415

    disable = None if bar else True
    for picture, outputs in tqdm(jobs, unit="picture", delay=2, disable=disable):
        try:
            process(predictor, picture, outputs, style)
        except (SalmapError, OSError) as error:
            fail(picture, str(error))


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Score models on a data set; 'python -m train evaluate --help' says how."""
    command = [sys.executable, "-m", "train", "evaluate", *context.args]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


@app.command()
def models(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """List the models: where their weights come from, licence, training data and scores."""
    rows = [_row(entry) for entry in weights.all_models()]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for row in rows:
        default = " (default)" if row["name"] == DEFAULT_MODEL else ""
        size = f", {row['size_bytes'] / 1e6:.1f} MB" if row["size_bytes"] else ""
        typer.echo(f"{row['name']}{default}\n    {row['description']}")
        typer.echo(f"    weights: {row['weights']}{size}; licence: {_one_line(row['licence'])}")
        for data in row["data"]:
            typer.echo(f"    trained on: {_one_line(data)}")
        for name, scores in row["scores"].items():
            typer.echo(f"    {_one_line(f'{name}: {_scores(scores)}')}")
        if row["problem"]:
            typer.echo(f"    problem: {row['problem']}")


def _row(entry: ModelEntry) -> dict[str, Any]:
    """What is known of a model, without a network: from its registry entry and its file."""
    row: dict[str, Any] = {
        "name": entry.name,
        "description": entry.description,
        "weights": weights.origin(entry),
        "size_bytes": entry.size_bytes,
        "licence": entry.licence,
        "data": [],
        "scores": {},
        "problem": "",
    }
    path = weights.local_file(entry)
    if path is None:
        return row
    try:
        info = read_info(path)
    except SalmapError as error:
        return row | {"problem": _one_line(error)}
    return row | {"licence": info.licence, "data": list(info.data), "scores": info.scores}


def _scores(scores: dict[str, list[float]]) -> str:
    """Metrics on one line, each with its 95 % interval where there is one."""
    parts = []
    for metric, (mean, *interval) in scores.items():
        between = f" ({interval[0]:.3f} to {interval[1]:.3f})" if len(interval) == 2 else ""
        parts.append(f"{metric} {mean:.3f}{between}")
    return ", ".join(parts)


@app.command()
def publish(
    checkpoint: Annotated[Path, typer.Argument(help="A .safetensors model.")],
    repository: Annotated[str, typer.Argument(help="owner/repo on the Hub.")],
    private: Annotated[bool, typer.Option("--private", help="Only you can see it.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this you see what would be done.")
    ] = False,
) -> None:
    """Upload a model and its card to the Hugging Face Hub. Needs HF_TOKEN with write access."""
    from salmap import publish as publishing  # noqa: PLC0415

    plan = publishing.plan(checkpoint, repository, private)
    if not yes:
        typer.echo(f"{plan.summary()}\n\n{plan.card}\nNothing was sent. Add --yes to do it.")
        return
    typer.echo(publishing.publish(plan))


@app.command()
def deploy(
    space: Annotated[str, typer.Argument(help="owner/name of a Space on the Hub.")],
    weights_repo: Annotated[
        str, typer.Option(help="owner/name on the Hub: the Space takes all weights from there.")
    ] = "",
    wheel_index: Annotated[
        str, typer.Option(help="One more index for pip there, such as one with a CPU-only torch.")
    ] = "",
    private: Annotated[bool, typer.Option("--private", help="Only you can see it.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; without this you see what would be done.")
    ] = False,
) -> None:
    """Put the app on a Hugging Face Space. Needs HF_TOKEN with write access; see docs/spaces.md."""
    from salmap import deploy as deploying  # noqa: PLC0415

    plan = deploying.plan(space, private, weights_repo, wheel_index)
    if not yes:
        typer.echo(f"{plan.summary()}\n\nNothing was sent. Add --yes to do it.")
        return
    typer.echo(deploying.deploy(plan))


def _one_line(message: object) -> str:
    """Text from anywhere without line breaks and without what a terminal might obey."""
    printable = (char if char.isprintable() else " " for char in str(message))
    return " ".join("".join(printable).split())

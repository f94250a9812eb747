"""`salmap predict`: many pictures in, files out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tqdm import tqdm

from salmap.cli.text import one_line
from salmap.errors import SalmapError
from salmap.processes import launched
from salmap.weights.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from salmap.outputs.batch import Job, Style
    from salmap.predictor import Predictor

SAVEABLE = ("overlay", "heatmap", "density", "regions")
ModelOption = Annotated[
    str, typer.Option(help="A name from 'salmap models', a .safetensors file, or hf://owner/repo.")
]


def _kinds(text: str) -> list[str]:
    kinds = [kind for kind in dict.fromkeys(part.strip() for part in text.split(",")) if kind]
    unknown = [kind for kind in kinds if kind not in SAVEABLE]
    if unknown or not kinds:
        raise typer.BadParameter(f"'{text}': choose from {', '.join(SAVEABLE)}.")
    return kinds


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
    from salmap.outputs.batch import Style, find_pictures, plan, remaining  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415  (torch)
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
        tqdm.write(one_line(line), file=sys.stderr)

    found = find_pictures(pictures, out, fail if processes.first else _ignore)
    unusable = len(failures)
    jobs = list(processes.share(plan(found, out, kinds)))
    if resume:
        jobs = remaining(jobs)
    if jobs:
        predictor = load(model, device=device)
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
    from salmap.outputs.batch import process  # noqa: PLC0415

    disable = None if bar else True
    for picture, outputs in tqdm(jobs, unit="picture", delay=2, disable=disable):
        try:
            process(predictor, picture, outputs, style)
        except (SalmapError, OSError) as error:
            fail(picture, str(error))

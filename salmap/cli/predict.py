"""`salmap predict`: many pictures in, files out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from tqdm import tqdm

from salmap.cli.options import BackendOption, DeviceOption, ModelOption
from salmap.cli.text import one_line
from salmap.errors import RenderError, SalmapError
from salmap.outputs.names import STANDARD_OUTPUTS, Output
from salmap.processes import launched
from salmap.weights.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from salmap.outputs.batch import Job
    from salmap.predictor import Predictor
    from salmap.render import Style


def _outputs(text: str) -> list[Output]:
    names = [name for name in dict.fromkeys(part.strip() for part in text.split(",")) if name]
    if not names or not set(names) <= set(Output):
        raise typer.BadParameter(f"'{text}': choose from {', '.join(Output)}.")
    return [Output(name) for name in names]


def _style(opacity: float | None, colormap: str | None) -> Style:
    """The standard style but for what was asked for."""
    from salmap.render import Style  # noqa: PLC0415  (OpenCV)

    asked: dict[str, Any] = {"opacity": opacity, "colormap": colormap}
    try:
        return Style(**{name: value for name, value in asked.items() if value is not None})
    except RenderError as error:
        raise typer.BadParameter(str(error)) from error


def predict(
    pictures: Annotated[
        list[Path], typer.Argument(help="Pictures, or folders that are searched at any depth.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results; created if missing.")],
    model: ModelOption = DEFAULT_MODEL,
    save: Annotated[
        str, typer.Option(help=f"What to save, separated by commas: {', '.join(Output)}.")
    ] = ",".join(STANDARD_OUTPUTS),
    k: Annotated[int, typer.Option(min=1, help="Number of regions.")] = 5,
    opacity: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Of the overlay, from 0 to 1."),
    ] = None,
    colormap: Annotated[
        str | None, typer.Option(help="Colors of overlay and heatmap, such as viridis or turbo.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Write only the results that do not exist yet.")
    ] = False,
    device: DeviceOption = "auto",
    backend: BackendOption = "auto",
) -> None:
    """Predict where people look and save the results.

    Results of street.jpg: street_overlay.png, street_heatmap.png (full size),
    street_density.npy (float32, height x width, sums to 1) and street_regions.json.

    Overlay and heatmap are drawn as in the app, unless --opacity or --colormap say otherwise.

    Where two pictures share a name, more of the path is kept: cats/1.jpg and dogs/1.jpg become
    cats-1 and dogs-1, 1.jpg beside 1.png becomes 1-jpg and 1-png.

    A picture that fails is reported on stderr and the others are still done; the exit status is 0
    only if every picture was done.

    'accelerate launch --multi_gpu --num_processes 4 -m salmap predict ...' splits the pictures
    among four processes, on CPUs too.
    """
    from salmap.outputs.batch import plan, remaining  # noqa: PLC0415  (OpenCV)
    from salmap.outputs.find import find_pictures  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415

    outputs, style = _outputs(save), _style(opacity, colormap)
    _make_folder(out)
    processes = launched()
    failures: list[Path] = []

    def fail(path: Path, reason: str) -> None:
        failures.append(path)
        line = reason if reason.startswith(str(path)) else f"{path}: {reason}"
        tqdm.write(one_line(line), file=sys.stderr)

    found = find_pictures(pictures, out, fail if processes.first else _ignore)
    unusable = len(failures)
    jobs = list(processes.share(plan(found, out, outputs)))
    if resume:
        jobs = remaining(jobs)
    if jobs:
        predictor = load(model, device=device, backend=backend)
        _run(predictor, jobs, style, k, fail, processes.first)
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
            f"{path} can't be created: {error.strerror}. Choose another folder for --out."
        ) from error


def _run(
    predictor: Predictor,
    jobs: list[Job],
    style: Style,
    k: int,
    fail: Callable[[Path, str], None],
    bar: bool,
) -> None:
    """Do the pictures; a `bar` appears after two seconds where there is a terminal."""
    from salmap.outputs.batch import process_all  # noqa: PLC0415  (OpenCV)

    disable = None if bar else True
    done = process_all(predictor, jobs, style, k)
    for picture, error in tqdm(done, total=len(jobs), unit="picture", delay=2, disable=disable):
        if error is not None:
            fail(picture, str(error))

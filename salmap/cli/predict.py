"""`salmap predict`: many pictures in, files out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from tqdm import tqdm

from salmap.cli.options import (
    BackendOption,
    BackgroundOption,
    ContentOption,
    DeviceOption,
    ModelOption,
    ScreenOption,
)
from salmap.cli.text import say
from salmap.errors import RenderError, SalmapError
from salmap.outputs.names import AREA_OUTPUTS, SCANPATH_OUTPUTS, STANDARD_OUTPUTS, Output
from salmap.processes import launched
from salmap.weights.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from salmap.analysis.area_files import AreasByPicture
    from salmap.render import Style


class Engine(StrEnum):
    """What does the work."""

    LOCAL = "local"
    RAY = "ray"


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


def _areas(file: Path | None, outputs: list[Output]) -> AreasByPicture | None:
    """The areas of a file, whose outputs then are among those wanted."""
    from salmap.analysis.area_files import read_areas_file  # noqa: PLC0415  (quick --help)

    if file is None:
        if lacking := set(outputs) & set(AREA_OUTPUTS):
            raise typer.BadParameter(f"To save {', '.join(sorted(lacking))}, give --areas FILE.")
        return None
    outputs.extend(output for output in AREA_OUTPUTS if output not in outputs)
    return read_areas_file(file)


def predict(
    pictures: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, or folders that are searched at any depth; - is standard input."
        ),
    ],
    out: Annotated[str, typer.Option(help="Folder for the results; created if missing.")],
    model: ModelOption = DEFAULT_MODEL,
    save: Annotated[
        str, typer.Option(help=f"What to save, separated by commas: {', '.join(Output)}.")
    ] = ",".join(STANDARD_OUTPUTS),
    k: Annotated[int, typer.Option(min=1, help="Number of regions.")] = 5,
    areas_file: Annotated[
        Path | None,
        typer.Option(
            "--areas",
            help="File with areas of interest by name of picture (see 'salmap areas'): "
            "saves areas and areas-csv, too.",
        ),
    ] = None,
    opacity: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Of the overlay, from 0 to 1."),
    ] = None,
    colormap: Annotated[
        str | None, typer.Option(help="Colors of overlay and heatmap, such as viridis or turbo.")
    ] = None,
    screen: ScreenOption = None,
    background: BackgroundOption = "white",
    until: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=3,
            help="Only the first seconds of viewing, such as 0.5; by default all three.",
        ),
    ] = None,
    content: ContentOption = "auto",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Write only the results that do not exist yet; refused where those that do "
            "were made by another model or with other settings.",
        ),
    ] = False,
    device: DeviceOption = "auto",
    backend: BackendOption = "auto",
    engine: Annotated[
        Engine,
        typer.Option(help="local: this process. ray: a Ray cluster, or all cores of this machine."),
    ] = Engine.LOCAL,
    column: Annotated[
        str | None,
        typer.Option(help="With --engine ray: a table's column of pictures or addresses."),
    ] = None,
) -> None:
    """Predict where people look and save the results.

    Results of street.jpg: street_overlay.png, street_heatmap.png (full size),
    street_density.npy (float32, height x width, sums to 1) and street_regions.json.

    "--save scanpaths,scanpaths-csv" gives orders in which viewers may fixate a photograph, as
    street_scanpaths.png and street_scanpaths.csv.

    Overlay and heatmap are drawn as in the app, unless --opacity or --colormap say otherwise.

    Where two pictures share a name, more of the path is kept: cats/1.jpg and dogs/1.jpg become
    cats-1 and dogs-1, 1.jpg beside 1.png becomes 1-jpg and 1-png.

    A picture more than 2.4 times as long as wide, such as a whole web page, is analyzed screen by
    screen, and every screen gets about the same attention: see --screen.

    A picture that fails is reported on stderr and the others are still done; the exit status is 0
    only if every picture was done. In folders, results of Salmap are left out, and files of kinds
    that can't be read are named on stderr.

    'accelerate launch --multi_gpu --num_processes 4 -m salmap predict ...' splits the pictures
    among four processes, on CPUs too.

    With '--engine ray', pictures and results may be at any address that fsspec knows, such as
    s3://bucket/folder, pictures also in Parquet tables; an --out that ends in .parquet becomes a
    table.
    """
    from salmap.outputs.batch import process_all  # noqa: PLC0415  (quick --help)
    from salmap.outputs.cluster.task import Task  # noqa: PLC0415
    from salmap.outputs.find import find_pictures  # noqa: PLC0415
    from salmap.outputs.plan import names_of, plan, remaining  # noqa: PLC0415
    from salmap.outputs.record import record_in, settings_of  # noqa: PLC0415
    from salmap.pictures.colors import check_color  # noqa: PLC0415
    from salmap.pictures.viewing import Viewing  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415

    outputs, style = _outputs(save), _style(opacity, colormap)
    if until is not None and set(outputs) & set(SCANPATH_OUTPUTS):
        raise typer.BadParameter("Scanpaths are of three seconds: leave out --until.")
    check_color(background)
    viewing = Viewing(screen, background, until, content)
    areas = _areas(areas_file, outputs)
    failures: list[object] = []

    def fail(path: object, reason: str) -> None:
        failures.append(path)
        say(path, reason)

    if engine is Engine.RAY:
        predict_on_ray = _ray_engine()
        task = Task(
            model, device, tuple(outputs), style, k, out, column, areas=areas, viewing=viewing
        )
        total = predict_on_ray(pictures, task, resume, fail)
        _finish(total, len(failures), out)
    folder = _local(out)
    _make_folder(folder)
    processes = launched()
    inputs = [str(_local(given)) for given in pictures]
    found = find_pictures(inputs, folder, *((fail, say) if processes.first else (_ignore,) * 2))
    unusable = len(failures)
    planned = plan(found, folder, outputs)
    settings = settings_of(outputs, model, style, k, areas, viewing)
    record = record_in(folder, settings, processes.first)
    jobs = list(processes.share(planned))
    if resume:
        record.require_same()
        jobs = remaining(jobs)
    if jobs:
        record.begin()
        predictor = load(model, device=device, backend=backend)
        done = process_all(predictor, jobs, style, k, areas, viewing, say)
        _report(done, len(jobs), fail, processes.first)
    failed = processes.total(len(failures))
    if not failed:
        record.finish((path.name for path in folder.iterdir()), names_of(planned))
    _finish(len(found) + unusable, failed, out if processes.first else None)


def _finish(total: int, failed: int, out: str | None) -> NoReturn:
    """End the command; what was done is said if `out` is given."""
    if out is not None:
        typer.echo(f"{total - failed} of {total} done, in {out}")
    raise typer.Exit(1 if failed else 0)


def _local(address: str) -> Path:
    if "://" in address:
        raise SalmapError(f"{address} is not a path. Addresses need --engine ray.")
    return Path(address)


def _ray_engine() -> Callable[..., int]:
    try:
        from salmap.cli.predict_on_ray import predict_on_ray  # noqa: PLC0415  (an extra)
    except ModuleNotFoundError as error:
        raise SalmapError(
            f"--engine ray needs the package '{error.name}', which is not installed. "
            "Install it with: pip install 'salmap[ray]'"
        ) from error
    return predict_on_ray


def _ignore(path: object, reason: str) -> None:
    """For what another process reports."""


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SalmapError(
            f"{path} can't be created: {error.strerror}. Choose another folder for --out."
        ) from error


def _report(
    done: Iterable[tuple[Path, Exception | None]],
    total: int,
    fail: Callable[[object, str], None],
    bar: bool,
) -> None:
    """Follow the pictures; a `bar` appears after two seconds where there is a terminal."""
    disable = None if bar else True
    for picture, error in tqdm(done, total=total, unit="picture", delay=2, disable=disable):
        if error is not None:
            fail(picture, str(error))

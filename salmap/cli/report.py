"""`salmap report`: one file about pictures, to be sent to others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from tqdm import tqdm

from salmap.cli.options import BackgroundOption, ContentOption, ModelOption, ScreenOption
from salmap.cli.text import say
from salmap.errors import SalmapError
from salmap.weights.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from salmap.analysis.area_files import AreasByPicture
    from salmap.outputs.report.sheets import Sheet
    from salmap.pictures.viewing import Viewing
    from salmap.predictor import Predictor


def report(
    pictures: Annotated[
        list[str],
        typer.Argument(
            help="Pictures, or folders that are searched at any depth; - is standard input."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The file to write: .html or .pdf.")],
    areas_file: Annotated[
        Path | None,
        typer.Option("--areas", help="File with areas of interest; see 'salmap areas'."),
    ] = None,
    k: Annotated[int, typer.Option(min=1, help="Regions of a picture without areas.")] = 5,
    title: Annotated[str | None, typer.Option(help="Heading. [Attention report]")] = None,
    note: Annotated[str, typer.Option(help="A text below the heading.")] = "",
    logo: Annotated[Path | None, typer.Option(help="A picture beside the heading.")] = None,
    paper: Annotated[str, typer.Option(help="a4 or letter.")] = "a4",
    model: ModelOption = DEFAULT_MODEL,
    screen: ScreenOption = None,
    background: BackgroundOption = "white",
    content: ContentOption = "auto",
) -> None:
    """Write a report on pictures: one HTML file that needs no other, or a PDF.

    For each picture: the overlay with numbered areas, the focus view, shares of attention with
    intervals, and how clearly it gathers attention. Pictures without areas in the file of --areas
    get their most salient regions.

    A picture that fails is reported on stderr and the others are still done; the exit status is 0
    only if every picture was done. For versions of a design, see 'salmap compare-designs'.
    """
    from salmap.analysis.area_files import read_areas_file  # noqa: PLC0415  (quick --help)
    from salmap.files import replace_file  # noqa: PLC0415
    from salmap.outputs.find import find_pictures  # noqa: PLC0415
    from salmap.outputs.names import distinct  # noqa: PLC0415
    from salmap.outputs.report.report import (  # noqa: PLC0415
        Cover,
        Paper,
        Report,
        check_ending,
        logo_uri,
        report_file,
    )
    from salmap.pictures.colors import check_color  # noqa: PLC0415
    from salmap.pictures.viewing import Viewing  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415
    from salmap.render import Style  # noqa: PLC0415

    check_ending(out.name)
    check_color(background)
    viewing = Viewing(screen, background, content=content)
    if paper.lower() not in list(Paper):
        raise typer.BadParameter(f"'{paper}': choose from {', '.join(Paper)}.")
    cover = Cover(title or Cover.title, note, logo_uri(logo) if logo else "")
    areas = read_areas_file(areas_file) if areas_file else {}
    failures: list[Path] = []

    def fail(path: Path, reason: str) -> None:
        failures.append(path)
        say(path, reason)

    found = find_pictures(pictures, out.parent, fail, say)
    loaded = load(model)
    sheets = []
    names = distinct([picture.place for picture in found])
    work = zip(names, found, strict=True)
    for name, picture in tqdm(work, total=len(found), unit="picture", delay=2, disable=None):
        try:
            sheets.append(_sheet(loaded, name, picture.path, areas, k, viewing))
        except (SalmapError, OSError) as error:
            fail(picture.path, str(error))
    if sheets:
        made = Report(cover, loaded.name, Style(), sheets)
        replace_file(out, report_file(made, out.name, Paper(paper.lower())))
    typer.echo(f"{len(sheets)} of {len(sheets) + len(failures)} done, in {out}")
    raise typer.Exit(1 if failures else 0)


def _sheet(
    loaded: Predictor, name: str, path: Path, areas: AreasByPicture, k: int, viewing: Viewing
) -> Sheet:
    """One picture, predicted, drawn and measured."""
    from salmap.analysis.area_files import own_areas  # noqa: PLC0415  (quick --help)
    from salmap.outputs.find import source_of  # noqa: PLC0415
    from salmap.outputs.report.sheets import make_sheet  # noqa: PLC0415
    from salmap.outputs.result import Result  # noqa: PLC0415
    from salmap.pictures import load_image  # noqa: PLC0415

    image = load_image(source_of(path), viewing.background)
    wanted = own_areas(path.as_posix(), areas) or areas.get("") or ()
    prediction = loaded.predict(image, viewing.screen_px, content=viewing.content)
    return make_sheet(Result(name, image, prediction, k=k, areas=wanted))

"""`salmap areas`: how much attention the areas of a picture draw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.options import BackgroundOption, ContentOption, ModelOption, ScreenOption
from salmap.cli.text import say
from salmap.errors import AreaError
from salmap.weights.registry import DEFAULT_MODEL


def areas(
    picture: Annotated[Path, typer.Argument(help="The picture.")],
    areas_file: Annotated[
        Path | None,
        typer.Option(
            "--areas",
            help="JSON that Salmap saved, COCO, LabelMe, or a CSV table name,left,top,right,bottom "
            "in pixels, right and bottom exclusive.",
        ),
    ] = None,
    find: Annotated[
        str,
        typer.Option(
            "--detect", help="text, faces or text,faces: find these areas; needs salmap[detect]."
        ),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder for <stem>_areas.csv and <stem>_areas.json.")
    ] = None,
    model: ModelOption = DEFAULT_MODEL,
    screen: ScreenOption = None,
    background: BackgroundOption = "white",
    content: ContentOption = "auto",
) -> None:
    """Show the share of attention of each area, with an interval.

    The interval holds the share of ten real viewers four times out of five. 'density' is attention
    per area: 2.0 means twice the average of the picture. Where the model knows when people look
    where, the last columns say how many people fixate the area within 1, 2 and 3 seconds.
    """
    from salmap.analysis.area_files import areas_of, read_areas_file  # noqa: PLC0415  (quick --help)
    from salmap.analysis.detect import detect, parse_kinds  # noqa: PLC0415
    from salmap.files import replace_file  # noqa: PLC0415
    from salmap.outputs.areas import area_record, areas_csv, areas_json  # noqa: PLC0415
    from salmap.pictures import load_image  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415

    if not (areas_file or find):
        raise typer.BadParameter("Give --areas FILE or --detect text,faces.")
    wanted = areas_of(picture.name, read_areas_file(areas_file)) if areas_file else []
    image = load_image(picture, background)
    if find:
        wanted = [*wanted, *detect(image, parse_kinds(find))]
    if not wanted:
        raise AreaError(f"{picture.name}: No {find.replace(',', ' or ')} found.")
    prediction = load(model).predict(image, screen, content=content)
    for note in prediction.notes:
        say(picture, note)
    found = prediction.areas(wanted)
    width = max(len(area.name) for area in found)
    is_timed = all(area.seen for area in found)
    seen_by = "  seen within 1, 2 and 3 s" if is_timed else ""
    typer.echo(f"{'area':{width}}  share  interval  density  rank{seen_by}")
    for area in found:
        record = area_record(area)
        interval = f"{record['share_low']:.0%} to {record['share_high']:.0%}"
        typer.echo(
            f"{area.name:{width}}  {area.share:5.1%}  {interval:>8}  {area.density:7.2f}  "
            f"{area.rank:4}{''.join(f'  {share:4.0%}' for share in area.seen)}"
        )
    if out:
        stem = out / picture.stem
        replace_file(stem.with_name(f"{picture.stem}_areas.csv"), areas_csv(found))
        data = areas_json(picture.name, prediction, found)
        replace_file(stem.with_name(f"{picture.stem}_areas.json"), data)

"""`salmap crop`: the part of a picture that keeps most attention."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from salmap.cli.options import BackgroundOption, ContentOption, ModelOption, ScreenOption
from salmap.cli.text import say
from salmap.weights.registry import DEFAULT_MODEL


def crop(
    picture: Annotated[Path, typer.Argument(help="The picture.")],
    out: Annotated[Path, typer.Option(help="Folder for the cut pictures; made if need be.")],
    ratio: Annotated[
        list[str] | None,
        typer.Option(help="Shape as width:height, such as 4:5; may be repeated. [all common ones]"),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(help="File with areas that must stay in; see 'salmap areas'.")
    ] = None,
    whole_faces: Annotated[
        bool, typer.Option("--whole-faces", help="Cut through no face; needs salmap[detect].")
    ] = False,
    model: ModelOption = DEFAULT_MODEL,
    screen: ScreenOption = None,
    background: BackgroundOption = "white",
    content: ContentOption = "auto",
) -> None:
    """Cut a picture to other shapes so that each keeps most attention.

    Writes <stem>_4x5.png and so on, at the picture's own resolution.
    """
    from salmap.analysis.area_files import areas_of, read_areas_file  # noqa: PLC0415  (quick --help)
    from salmap.analysis.crop import (  # noqa: PLC0415
        COMMON_RATIOS,
        best_crop,
        crop_size,
        parse_ratio,
    )
    from salmap.analysis.detect import Kind, detect  # noqa: PLC0415
    from salmap.files import replace_file  # noqa: PLC0415
    from salmap.pictures import load_image  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415
    from salmap.render import encode_png  # noqa: PLC0415

    ratios = {text: parse_ratio(text) for text in ratio or COMMON_RATIOS}
    areas = areas_of(picture.name, read_areas_file(keep)) if keep else ()
    image = load_image(picture, background)
    faces = detect(image, {Kind.FACES}) if whole_faces else ()
    prediction = load(model).predict(image, screen, content=content)
    for note in prediction.notes:
        say(picture, note)
    for text, value in ratios.items():
        found = best_crop(prediction.density, crop_size(prediction.size, value), areas, faces)
        left, top, right, bottom = found.box
        name = f"{picture.stem}_{text.replace(':', 'x').replace('/', 'x')}.png"
        replace_file(out / name, encode_png(image[top:bottom, left:right]))
        typer.echo(
            f"{name}: {right - left} x {bottom - top} from ({left}, {top}), keeps "
            f"{found.share:.0%} of attention{', cuts a face' if found.cuts else ''}"
        )

"""`salmap compare-designs`: the same areas in several versions of a design."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from salmap.cli.options import BackgroundOption, ContentOption, ModelOption, ScreenOption
from salmap.weights.registry import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from salmap.analysis.versions import Comparison
    from salmap.content import Content
    from salmap.pictures.viewing import Viewing
    from salmap.prediction import Prediction
    from salmap.predictor import Predictor
    from salmap.types import ImageArray


def compare_designs(
    pictures: Annotated[list[Path], typer.Argument(help="Two to six versions of a design.")],
    areas_file: Annotated[
        Path, typer.Option("--areas", help="File with areas of interest; see 'salmap areas'.")
    ],
    area: Annotated[
        str | None, typer.Option(help="Name of an area: say which version draws most to it.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report, too: .html, or .pdf.")] = None,
    model: ModelOption = DEFAULT_MODEL,
    screen: ScreenOption = None,
    background: BackgroundOption = "white",
    content: ContentOption = "auto",
) -> None:
    """Compare how much attention the same areas draw in several versions of a design.

    Areas without a picture, or those of the first version that has some, hold at the same place in
    every version of the same shape. A version of another shape needs areas of its own in the file,
    with the same names and its own name in 'picture'.

    Each difference from the first version comes with an interval, which holds the difference
    between two groups of ten real viewers at least four times out of five. A difference is clear if
    its interval leaves out zero.
    """
    from salmap.analysis.area_files import read_areas_file  # noqa: PLC0415  (quick --help)
    from salmap.analysis.versions import areas_of_versions, compare_versions  # noqa: PLC0415
    from salmap.analysis.wording import winner  # noqa: PLC0415
    from salmap.files import replace_file  # noqa: PLC0415
    from salmap.outputs.names import distinct  # noqa: PLC0415
    from salmap.outputs.report.report import (  # noqa: PLC0415
        check_ending,
        report_file,
        versions_report,
    )
    from salmap.outputs.result import Result  # noqa: PLC0415
    from salmap.pictures import load_image  # noqa: PLC0415
    from salmap.pictures.viewing import Viewing  # noqa: PLC0415
    from salmap.predictor import load  # noqa: PLC0415

    if html:
        check_ending(html.name)
    given = read_areas_file(areas_file)
    images = {
        name: load_image(path, background)
        for name, path in zip(distinct(pictures), pictures, strict=True)
    }
    areas = areas_of_versions(
        {n: (len(image), len(image[0])) for n, image in images.items()}, given
    )
    predictions = _predict_alike(load(model), images, Viewing(screen, background, content=content))
    comparison = compare_versions(predictions, areas)
    for name in [area] if area else comparison.shares:
        verdict = winner(comparison, name)
        _print_area(comparison, name)
        typer.echo(verdict + "\n")
    if html:
        results = [Result(n, images[n], predictions[n], areas=areas[n]) for n in images]
        made = versions_report(results, comparison)
        replace_file(html, report_file(made, html.name))


def _predict_alike(
    loaded: Predictor, images: Mapping[str, ImageArray], viewing: Viewing
) -> dict[str, Prediction]:
    """All versions as photos, or all as pages: as pages if one of them is."""

    def predict(content: Content) -> dict[str, Prediction]:
        return {
            name: loaded.predict(image, viewing.screen_px, content=content)
            for name, image in images.items()
        }

    found = predict(viewing.content)
    if len({prediction.content for prediction in found.values()}) < 2:
        return found
    return predict("page")


def _print_area(comparison: Comparison, area: str) -> None:
    """The share of an area in each version, and its difference from the first."""
    from salmap.analysis import wording  # noqa: PLC0415  (quick --help)
    from salmap.analysis.certainty import interval_of  # noqa: PLC0415

    width = max(len(version) for version in comparison.versions)
    differences = {found.second: found for found in comparison.differences(area)}
    typer.echo(area)
    for version, found in comparison.shares[area].items():
        interval = wording.between(interval_of(found))
        line = f"  {version:{width}}  {found.share:5.1%}  {interval:>11}"
        if version in differences:
            between = differences[version]
            line += f"  {wording.difference(between)}, {wording.verdict(between)}"
        typer.echo(line)

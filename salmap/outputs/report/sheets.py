"""What a report says of one picture: its drawings, its numbers, and what limits them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salmap.analysis import wording
from salmap.analysis.certainty import interval_of, share_interval
from salmap.analysis.clarity import clarity, rank_among_validation_pictures
from salmap.areas import AreaShare
from salmap.outputs.result import Result
from salmap.pictures import shrink_image
from salmap.regions import region_labels
from salmap.render import View, draw, draw_areas, draw_regions
from salmap.render.web import data_uri
from salmap.types import ImageArray, Region

#: long sides, in pixels, of drawings and thumbnails: what keeps a report of many pictures small
SIDE_PX, THUMBNAIL_PX = 1000, 120
_QUALITY = 80


@dataclass(frozen=True)
class Row:
    """A line of a picture's table.

    Attributes:
        number: as on the overlay.
        name: of the area, or where the region lies.
        share: of attention, in [0, 1].
        between: its interval, in words.
        density: attention per area relative to the picture's average.
        area: share of the picture, in [0, 1].
        seen: by how many people within how many seconds, in words; "" where that is unknown.
    """

    number: int
    name: str
    share: float
    between: str
    density: float
    area: float
    seen: str = ""


@dataclass(frozen=True)
class Sheet:
    """One picture of a report.

    Attributes:
        name: of its file.
        size: (height, width) in pixels.
        thumbnail, overlay, focus: data URIs.
        has_areas: whether `rows` are areas of interest; else they are the most salient regions.
        rows: of its table, by number.
        half_area: the smallest share of the picture that holds half of attention.
        summary, clarity: in sentences.
        caveats: what limits the numbers of this picture, in sentences.
    """

    name: str
    size: tuple[int, int]
    thumbnail: str
    overlay: str
    focus: str
    has_areas: bool
    rows: tuple[Row, ...]
    half_area: float
    summary: str
    clarity: str
    caveats: tuple[str, ...]

    @property
    def strongest(self) -> Row | None:
        """The row with the largest share."""
        return max(self.rows, key=lambda row: row.share, default=None)


def make_sheet(result: Result) -> Sheet:
    """Draw and measure one picture, with its areas if it has some, else with its regions.

    Raises:
        AreaError: if an area covers no pixel.
    """
    prediction = result.prediction
    density = prediction.density
    unfamiliar = bool(prediction.is_unfamiliar)
    found = clarity(density)
    ranks = rank_among_validation_pictures(found, prediction.model, prediction.screens)
    overlay = _drawn(result, View.OVERLAY)
    if result.areas:
        rows = _area_rows(prediction.areas(result.areas))
        overlay = draw_areas(overlay, result.areas)
    else:
        labels, regions = region_labels(density, result.k)
        rows = _region_rows(regions, prediction.size, unfamiliar)
        overlay = draw_regions(overlay, regions, labels)
    return Sheet(
        name=result.name,
        size=prediction.size,
        thumbnail=data_uri(shrink_image(result.image, THUMBNAIL_PX), _QUALITY),
        overlay=data_uri(shrink_image(overlay, SIDE_PX), _QUALITY),
        focus=data_uri(shrink_image(_drawn(result, View.FOCUS), SIDE_PX), _QUALITY),
        has_areas=bool(result.areas),
        rows=rows,
        half_area=found.half_area,
        summary=_summary(found.half_area, rows),
        clarity=wording.clarity(found, ranks),
        caveats=(*prediction.notes, *([wording.UNFAMILIAR] if unfamiliar else [])),
    )


def _drawn(result: Result, view: View) -> ImageArray:
    prediction = result.prediction
    return draw(view, result.image, prediction.density, result.style, prediction.screens)


def _area_rows(found: Sequence[AreaShare]) -> tuple[Row, ...]:
    return tuple(
        Row(
            number,
            one.name,
            one.share,
            wording.between(interval_of(one)),
            one.density,
            one.area,
            wording.seen(one),
        )
        for number, one in enumerate(found, 1)
    )


def _region_rows(
    found: Sequence[Region], size: tuple[int, int], unfamiliar: bool
) -> tuple[Row, ...]:
    return tuple(
        Row(
            one.rank,
            wording.place(one.peak, size),
            one.share,
            wording.between(share_interval(one.share, unfamiliar=unfamiliar)),
            one.share / one.area,
            one.area,
        )
        for one in found
    )


def _summary(half_area: float, rows: Sequence[Row]) -> str:
    half = f"People spend half their attention on {wording.percent(half_area)} of the picture."
    if not rows:
        return f"{half} No area stands out."
    first = max(rows, key=lambda row: row.share)
    share = wording.percent(first.share)
    return f"{half} Most goes to {first.name} (no. {first.number}): {share}, {first.between}."

"""The picture with its regions, or two pictures to swipe between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from salmap.analysis.wording import percent, place
from salmap.types import Region
from salmap.ui.components.browser import component
from salmap.ui.components.legend import Legend
from salmap.ui.words import no_regions

TITLE = "Most viewed areas"
_COLUMNS = ("No.", "Share of attention", "Position", "Hottest pixel", "Part of picture")


def viewer(
    key: str,
    size: tuple[int, int],
    left: tuple[str, str],
    right: tuple[str, str] | None = None,
    alt: str = "",
    regions: Sequence[Region] | None = None,
    legend: Legend | None = None,
    status: str = "",
) -> None:
    """Show one picture, or two with a slider that swipes from one to the other.

    Args:
        key: the same for the same place on a page, so that slider and lit area stay.
        size: (height, width) of the picture in full, to which regions refer.
        left, right: (label, data URI) of the pictures; with one only there is no slider.
        alt: what the picture is, for those who can't see it.
        regions: to number and list; None for no list at all.
        legend: what the colors mean; None for none.
        status: told to those who listen to the page whenever it changes.
    """
    component("viewer")(
        key=key,
        data={
            "ratio": size[1] / size[0],
            "base": left[1],
            "top": right[1] if right else None,
            "alt": alt,
            "labels": [left[0], right[0] if right else ""],
            "swipe_label": f"Swipe between {left[0]} and {right[0]}" if right else "",
            "title": TITLE,
            "columns": list(_COLUMNS),
            "note": _note(regions),
            "legend": asdict(legend) if legend else None,
            "status": status,
            "regions": None if regions is None else _rows(regions, size),
        },
    )


def _note(regions: Sequence[Region] | None) -> str:
    if not regions:
        return "" if regions is None else no_regions()
    return (
        "Point at a row, or tap it, to light up its area. The hottest pixel is counted from the "
        "upper left corner: across, down."
    )


def _rows(regions: Sequence[Region], size: tuple[int, int]) -> list[dict[str, Any]]:
    largest = max((region.share for region in regions), default=1)
    return [
        {
            "rank": str(region.rank),
            "box": _in_percent(region.box, size),
            "bar": 100 * region.share / largest,
            "share": percent(region.share),
            "cells": [
                place(region.peak, size),
                f"{region.peak[0]}, {region.peak[1]}",
                percent(region.area),
            ],
        }
        for region in regions
    ]


def _in_percent(box: tuple[int, int, int, int], size: tuple[int, int]) -> list[float]:
    height, width = size
    left, top, right, bottom = box
    return [100 * left / width, 100 * top / height, 100 * right / width, 100 * bottom / height]

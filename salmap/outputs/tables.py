"""Tables that people take home: the regions of a picture, a summary of many pictures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from salmap.analysis.summary import Analysis
from salmap.scanpaths import Scanpath
from salmap.types import Region

#: tells spreadsheets that a CSV is UTF-8
_BOM = "\ufeff"
_REGION_COLUMNS = (
    "rank", "share", "area", "peak_x", "peak_y", "left", "top", "right", "bottom",
)  # fmt: skip
_SUMMARY_COLUMNS = (
    "picture", "model", "width", "height", "half_of_attention_on_area",
    "unfamiliar", "regions", "first_share", "first_peak_x", "first_peak_y", "problem",
)  # fmt: skip

_SCANPATH_COLUMNS = ("scanpath", "fixation", "x", "y", "start_s", "duration_s")
#: what the first scanpath of `scanpaths_csv` is called; the others have numbers
TYPICAL = "typical"


def regions_csv(regions: Iterable[Region]) -> bytes:
    """Regions as CSV (UTF-8, one row for each): shares and areas in [0, 1], the rest in pixels."""
    rows = [(r.rank, f"{r.share:.6f}", f"{r.area:.6f}", *r.peak, *r.box) for r in regions]
    return to_csv(_REGION_COLUMNS, rows)


def scanpaths_csv(typical: Scanpath, paths: Iterable[Scanpath]) -> bytes:
    """Scanpaths as CSV (UTF-8, a row for each fixation): pixels and seconds, the typical one first.

    The origin is the center of the top-left pixel.
    """
    named = [(TYPICAL, typical), *((str(number), path) for number, path in enumerate(paths, 1))]
    rows = [
        (name, number, f"{x:.1f}", f"{y:.1f}", f"{start:.3f}", f"{lasted:.3f}")
        for name, path in named
        for number, (x, y, start, lasted) in enumerate(
            zip(path.x_px, path.y_px, path.start_s, path.duration_s, strict=True), 1
        )
    ]
    return to_csv(_SCANPATH_COLUMNS, rows)


def summary_csv(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Many pictures as CSV, one row for each; see `summary_row`. Missing values stay empty."""
    return to_csv(_SUMMARY_COLUMNS, ([row.get(c, "") for c in _SUMMARY_COLUMNS] for row in rows))


def summary_row(name: str, analysis: Analysis, k: int) -> dict[str, object]:
    """One picture's row of `summary_csv`, with its `k` strongest regions."""
    height, width = analysis.size
    regions = analysis.regions[:k]
    row: dict[str, object] = {
        "picture": name,
        "model": analysis.model,
        "width": width,
        "height": height,
        "half_of_attention_on_area": f"{analysis.half_area:.6f}",
        "regions": len(regions),
    }
    if analysis.is_unfamiliar is not None:
        row["unfamiliar"] = "yes" if analysis.is_unfamiliar else "no"
    if regions:
        x, y = regions[0].peak
        row |= {"first_share": f"{regions[0].share:.6f}", "first_peak_x": x, "first_peak_y": y}
    return row


def failed_row(name: str, model: str, problem: str) -> dict[str, object]:
    """The row of `summary_csv` of a picture that could not be analyzed."""
    return {"picture": name, "model": model, "problem": " ".join(problem.split())}


def to_csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """A table as CSV: UTF-8, with the mark at its start by which spreadsheets know that."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return (_BOM + stream.getvalue()).encode()

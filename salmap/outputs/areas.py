"""Areas of interest as results: records for JSON, rows for CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from salmap.analysis.certainty import LEVEL, VIEWERS, interval_of
from salmap.areas import AreaShare
from salmap.outputs.header import header
from salmap.prediction import Prediction
from salmap.timing import SEEN_S

#: what every row says first; the interval, the peak and what is seen by when follow
COLUMNS = ("name", "share", "area", "density", "rank")
_MORE = ("share_low", "share_high", "peak_x", "peak_y")
_SEEN = tuple(f"seen_{seconds}s" for seconds in SEEN_S)


def area_record(found: AreaShare) -> dict[str, Any]:
    """One area as plain values, with the interval of its share for `VIEWERS` viewers.

    Where it is unknown how likely the area is seen by when, that is None.
    """
    low, high = interval_of(found)
    x, y = found.peak
    values = (found.name, found.share, found.area, found.density, found.rank, low, high, x, y)
    record = dict(zip((*COLUMNS, *_MORE), values, strict=True))
    return record | dict(zip(_SEEN, found.seen or [None] * len(_SEEN), strict=True))


def areas_csv(found: Sequence[AreaShare]) -> bytes:
    """Areas as CSV (UTF-8), a row for each, shares in [0, 1]."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, (*COLUMNS, *_MORE, *_SEEN), lineterminator="\n")
    writer.writeheader()
    for area in found:
        record = area_record(area)
        writer.writerow({k: f"{v:.6f}" if isinstance(v, float) else v for k, v in record.items()})
    return stream.getvalue().encode()


def areas_json(name: str, prediction: Prediction, found: Sequence[AreaShare]) -> bytes:
    """Areas of one picture as JSON."""
    record = header(name, prediction)
    record["interval"] = {"level": LEVEL, "viewers": VIEWERS}
    record["areas"] = [area_record(area) for area in found]
    return json.dumps(record, indent=2, ensure_ascii=False).encode()

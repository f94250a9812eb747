"""What can be downloaded of a prediction, as the bytes of files. Nothing is written here."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from salmap.analysis.summary import Analysis
from salmap.outputs.batch import Style, encode
from salmap.prediction import Prediction
from salmap.render.draw import encode_png
from salmap.render.style import Look, View, draw
from salmap.types import ImageArray, Region


class Kind(StrEnum):
    """A file that can be made of a prediction; the value ends its name."""

    OVERLAY = "overlay.png"
    HEATMAP = "heatmap.png"
    DENSITY = "density.npy"
    REGIONS_CSV = "regions.csv"
    REGIONS_JSON = "regions.json"

    @property
    def mime(self) -> str:
        """Its media type."""
        return {"png": "image/png", "csv": "text/csv", "json": "application/json"}.get(
            self.value.rpartition(".")[2], "application/octet-stream"
        )


_REGION_COLUMNS = (
    "rank", "share", "area", "peak_x", "peak_y", "left", "top", "right", "bottom",
)  # fmt: skip
_SUMMARY_COLUMNS = (
    "picture", "model", "width", "height", "half_of_attention_on_area",
    "regions", "first_share", "first_peak_x", "first_peak_y", "problem",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Result:
    """A picture and its prediction, ready to be made into files.

    Attributes:
        name: of the picture's file.
        image: uint8 (H, W, 3).
        prediction: of the same size.
        look: how overlay and heatmap look.
        k: number of regions.
    """

    name: str
    image: ImageArray
    prediction: Prediction
    look: Look
    k: int

    def file(self, kind: Kind) -> bytes:
        """The bytes of one file, pictures at full size."""
        if kind is Kind.OVERLAY:
            return self._png(View.OVERLAY)
        if kind is Kind.HEATMAP:
            return self._png(View.HEATMAP)
        if kind is Kind.REGIONS_CSV:
            return regions_csv(self.prediction.regions(self.k))
        batch_kind = "density" if kind is Kind.DENSITY else "regions"
        return encode(batch_kind, self.name, self.image, self.prediction, Style(k=self.k))

    def files(self, kinds: Iterable[Kind] = tuple(Kind), stem: str = "") -> dict[str, bytes]:
        """File name -> bytes of several files; their names begin with `stem` or the picture's."""
        return {file_name(stem or self.name, kind): self.file(kind) for kind in kinds}

    def _png(self, view: View) -> bytes:
        return encode_png(draw(view, self.image, self.prediction.density, self.look))


def file_name(picture: str, kind: Kind) -> str:
    """What a file made of a picture is called: `street.jpg` gives `street_overlay.png`."""
    return f"{stem(picture)}_{kind}"


def stem(picture: str) -> str:
    """A picture's name without folders, suffix and what a file system refuses; never empty."""
    name = picture.replace("\\", "/").rpartition("/")[2]
    base = name.rpartition(".")[0] or name
    kept = "".join(c if c.isalnum() or c in "-_ " else "_" for c in base).strip()
    return kept[:80] or "picture"


def unique_stems(pictures: Sequence[str]) -> list[str]:
    """A different stem for each of several pictures: a number is added where two share one."""
    taken: set[str] = set()
    stems = []
    for picture in pictures:
        base = candidate = stem(picture)
        number = 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{base}-{number}"
        taken.add(candidate.casefold())
        stems.append(candidate)
    return stems


def regions_csv(regions: Iterable[Region]) -> bytes:
    """Regions as CSV (UTF-8, one row for each): shares and areas in [0, 1], the rest in pixels."""
    rows = [(r.rank, f"{r.share:.6f}", f"{r.area:.6f}", *r.peak, *r.box) for r in regions]
    return _csv(_REGION_COLUMNS, rows)


def summary_csv(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Many pictures as CSV, one row for each; see `summary_row`. What is missing stays empty."""
    return _csv(_SUMMARY_COLUMNS, ([row.get(c, "") for c in _SUMMARY_COLUMNS] for row in rows))


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
    if regions:
        x, y = regions[0].peak
        row |= {"first_share": f"{regions[0].share:.6f}", "first_peak_x": x, "first_peak_y": y}
    return row


def failed_row(name: str, model: str, problem: str) -> dict[str, object]:
    """The row of `summary_csv` of a picture that could not be analyzed."""
    return {"picture": name, "model": model, "problem": " ".join(problem.split())}


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """One ZIP of several files; PNG files, which can't be packed further, are stored."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(name, data, packed)
    return stream.getvalue()


def _csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode()

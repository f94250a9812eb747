"""The files that can be made of one prediction, as bytes. Nothing is written here."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from salmap.areas import Area
from salmap.outputs.areas import areas_csv, areas_json
from salmap.outputs.header import header
from salmap.outputs.names import AREA_OUTPUTS, SCANPATH_OUTPUTS, Output, safe_stem
from salmap.outputs.tables import regions_csv, scanpaths_csv
from salmap.pictures.made_here import marked
from salmap.prediction import Prediction
from salmap.regions import region_record
from salmap.render import Style, View, draw, draw_scanpaths, encode_png
from salmap.types import ImageArray


@dataclass(frozen=True, eq=False)
class Result:
    """A picture and its prediction, ready to be made into files.

    Attributes:
        name: of the picture's file; written into the regions' JSON.
        image: uint8 (H, W, 3).
        prediction: of the same size.
        style: how overlay and heatmap are drawn.
        k: number of regions.
        areas: of interest, if there are any.
    """

    name: str
    image: ImageArray
    prediction: Prediction
    style: Style = field(default_factory=Style)
    k: int = 5
    areas: Sequence[Area] = ()

    def file(self, output: Output) -> bytes:
        """The bytes of one file, pictures at full size.

        Raises:
            AreaError: if it is about areas and there are none, or one covers no pixel.
            TimingError: if it is about scanpaths, and nothing is known of them.
        """
        match output:
            case Output.OVERLAY:
                return self._png(View.OVERLAY)
            case Output.HEATMAP:
                return self._png(View.HEATMAP)
            case Output.DENSITY:
                return self._density()
            case Output.REGIONS | Output.REGIONS_CSV:
                return self._regions(output)
            case Output.AREAS | Output.AREAS_CSV:
                return self._areas(output)
            case Output.SCANPATHS | Output.SCANPATHS_CSV:
                return self._scanpaths(output)

    def files(self, outputs: Iterable[Output] | None = None, stem: str = "") -> dict[str, bytes]:
        """File name -> bytes of several files; their names begin with `stem` or the picture's.

        Args:
            outputs: which files; all that can be made if not given.
            stem: what their names begin with.
        """
        stem = stem or safe_stem(self.name)
        if outputs is None:
            outputs = [output for output in Output if self._can_make(output)]
        return {f"{stem}{output.ending}": self.file(output) for output in outputs}

    def _can_make(self, output: Output) -> bool:
        if output in SCANPATH_OUTPUTS:
            return self.prediction.has_scanpaths
        return bool(self.areas) or output not in AREA_OUTPUTS

    def _png(self, view: View) -> bytes:
        density, screens = self.prediction.density, self.prediction.screens
        return marked(encode_png(draw(view, self.image, density, self.style, screens)))

    def _density(self) -> bytes:
        stream = io.BytesIO()
        density = self.prediction.density
        density /= density.sum(dtype=np.float64).astype(np.float32)  # exp has rounded
        np.save(stream, density)
        return stream.getvalue()

    def _areas(self, output: Output) -> bytes:
        found = self.prediction.areas(self.areas)
        if output is Output.AREAS_CSV:
            return areas_csv(found)
        return areas_json(self.name, self.prediction, found)

    def _scanpaths(self, output: Output) -> bytes:
        typical, paths = self.prediction.typical_scanpath(), self.prediction.scanpaths()
        if output is Output.SCANPATHS_CSV:
            return scanpaths_csv(typical, paths)
        return marked(encode_png(draw_scanpaths(self.image, paths, typical)))

    def _regions(self, output: Output) -> bytes:
        regions = self.prediction.regions(self.k)
        if output is Output.REGIONS_CSV:
            return regions_csv(regions)
        record = header(self.name, self.prediction)
        record["regions"] = [region_record(found) for found in regions]
        return json.dumps(record, indent=2, ensure_ascii=False).encode()


def zip_files(files: Mapping[str, bytes]) -> bytes:
    """One ZIP of several files; PNG files, which do not shrink further, are stored as they are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        add_files(archive, files)
    return stream.getvalue()


def add_files(archive: zipfile.ZipFile, files: Mapping[str, bytes]) -> None:
    """Write several files into an open ZIP; PNG files are stored as they are."""
    for name, data in files.items():
        packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
        archive.writestr(name, data, packed)

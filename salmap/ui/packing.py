"""Many pictures into one ZIP, in a thread of its own, so that no click ends the work.

A `Packing` belongs to one visitor and lies in their session; the page only reads how far it is.
"""

from __future__ import annotations

import logging
import tempfile
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO

from salmap.areas import Area
from salmap.errors import SalmapError
from salmap.outputs import tables
from salmap.outputs.names import Output, output_names, safe_place
from salmap.outputs.report.report import Cover, Report, report_file
from salmap.outputs.report.sheets import Sheet
from salmap.outputs.result import Result, add_files
from salmap.ui import cache, measures, words
from salmap.ui.components.controls import Settings
from salmap.ui.ending import PACKING
from salmap.ui.state import Picture

logger = logging.getLogger(__name__)

#: largest ZIP that is made of several pictures, in megabytes
MAX_ZIP_MB = 200


@dataclass(frozen=True)
class Order:
    """What is to be packed.

    Attributes:
        pictures: in this order.
        settings: model, style and number of areas.
        kinds: which files of each picture.
        reports: which reports on all of them: "pdf", "html".
        areas: of interest, by digest of a picture.
    """

    pictures: tuple[Picture, ...]
    settings: Settings
    kinds: tuple[Output, ...]
    reports: tuple[str, ...] = ()
    areas: Mapping[str, tuple[Area, ...]] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Tells it from any other without comparing bytes."""
        names = tuple((picture.key, picture.name) for picture in self.pictures)
        return names, self.settings, self.kinds, self.reports, dict(self.areas)


class Packing:
    """An order that is being packed, or has been.

    Attributes:
        order: what is packed.
        done: how many pictures are.
        failed: how many of them could not be analyzed; the summary says why.
        problem: why there is no ZIP in the end, in words; empty if there is one.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.done = self.failed = 0
        self.problem = ""
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (kept until it is dropped)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=PACKING, daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

    @property
    def is_cancelled(self) -> bool:
        """Whether it was asked to end early."""
        return self._stop.is_set()

    @property
    def size_bytes(self) -> int:
        """Of the ZIP so far."""
        return self._file.seek(0, 2)

    def cancel(self) -> None:
        """End after the picture at hand, and keep nothing."""
        self._stop.set()

    def wait(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def archive(self) -> bytes:
        """The finished ZIP."""
        self._file.seek(0)
        return self._file.read()

    def _run(self) -> None:
        try:
            self._pack()
        except (MemoryError, OSError):
            logger.exception("Packing failed")
            self.problem = "The server ran out of room. Choose fewer pictures or files."
        except Exception:
            logger.exception("Packing failed")
            self.problem = "Packing failed. Try again."

    def _pack(self) -> None:
        settings, rows, sheets = self.order.settings, [], []
        model = cache.model_version(settings.model)
        stems = output_names([safe_place(picture.name) for picture in self.order.pictures])
        with zipfile.ZipFile(self._file, "w") as archive:
            for picture, stem in zip(self.order.pictures, stems, strict=True):
                if self._stop.is_set():
                    return
                try:
                    numbers = cache.analysis(picture, model)
                    files = result(picture, settings).files(self.order.kinds, stem)
                    if self.order.reports:
                        sheets.append(self._sheet(picture, stem, model))
                except SalmapError as error:
                    reason = words.without_folders(str(error))
                    rows.append(tables.failed_row(picture.name, settings.model, reason))
                    self.failed += 1
                else:
                    rows.append(tables.summary_row(picture.name, numbers, settings.k))
                    add_files(archive, files)
                self.done += 1
                if self._file.tell() > MAX_ZIP_MB * 1_000_000:
                    self.problem = (
                        f"The ZIP would be larger than {MAX_ZIP_MB} MB. Choose fewer files or "
                        "pictures."
                    )
                    return
            add_files(archive, {"summary.csv": tables.summary_csv(rows)})
            if sheets:
                report = Report(Cover(), model.name, settings.style, sheets)
                for ending in self.order.reports:
                    name = f"report.{ending}"
                    add_files(archive, {name: report_file(report, name)})

    def _sheet(self, picture: Picture, name: str, model: cache.ModelVersion) -> Sheet:
        settings, areas = self.order.settings, self.order.areas.get(picture.digest, ())
        return measures.sheet(picture, name, model, settings.style, settings.k, areas)


def result(picture: Picture, settings: Settings) -> Result:
    """A picture with its prediction, ready to be made into files."""
    prediction = cache.prediction(picture, cache.model_version(settings.model))
    return Result(picture.name, cache.decoded(picture), prediction, settings.style, settings.k)

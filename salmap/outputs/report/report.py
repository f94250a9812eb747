"""The report: sheets of pictures, versions beside each other, and what the numbers mean."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from importlib.resources import files

import jinja2

from salmap.analysis import wording
from salmap.analysis.certainty import interval_of
from salmap.analysis.versions import Comparison
from salmap.errors import SalmapError
from salmap.outputs.report.meanings import DIFFERENCE_MEANING, MEANINGS
from salmap.outputs.report.sheets import Sheet, make_sheet
from salmap.outputs.result import Result
from salmap.pictures import ImageSource, load_image, shrink_image
from salmap.render import Style, colormap_table
from salmap.render.web import data_uri, page_style
from salmap.version import __version__

#: what links within the page are relative to; nothing is fetched
_BASE = "file:///report.html"
#: long side of a logo, in pixels
_LOGO_PX = 480


class Paper(StrEnum):
    """Sizes of paper, as CSS calls them."""

    A4 = "a4"
    LETTER = "letter"


@dataclass(frozen=True)
class Cover:
    """What its maker adds to a report.

    Attributes:
        title: its heading.
        note: a text below it; line breaks are kept.
        logo: a picture as a data URI, or "" for none; see `logo_uri`.
    """

    title: str = "Attention report"
    note: str = ""
    logo: str = ""


@dataclass(frozen=True)
class VersionRow:
    """One version's line in the table of an area."""

    version: str
    share: float
    between: str
    difference: str


@dataclass(frozen=True)
class VersionTable:
    """An area in all versions that have it."""

    name: str
    verdict: str
    is_clear: bool
    rows: tuple[VersionRow, ...]


@dataclass(frozen=True)
class Report:
    """All that a report says.

    Attributes:
        cover: what its maker adds.
        model: name of the model.
        style: how the drawings are made.
        sheets: one for each picture.
        versions: a table for each area, if the pictures are versions of one design.
        date: when it was made, as people write it.
    """

    cover: Cover
    model: str
    style: Style
    sheets: Sequence[Sheet]
    versions: Sequence[VersionTable] = ()
    date: str = field(default_factory=lambda: f"{date.today():%d %B %Y}".lstrip("0"))

    @property
    def title(self) -> str:
        """Its heading."""
        return self.cover.title

    @property
    def settings(self) -> str:
        """Model, version and style, in sentences."""
        style = self.style
        return (
            f"Salmap {__version__}, model {self.model}. Overlay: colors {style.colormap}, opacity "
            f"{style.opacity:.0%}, the weakest {style.threshold:.0%} of attention left out, "
            f"smoothing {style.smoothing:.0%}. None of these changes a number."
        )


def versions_report(
    results: Sequence[Result], comparison: Comparison, cover: Cover | None = None
) -> Report:
    """A report on versions of one design.

    Args:
        results: the versions with their predictions and areas, all of one model and style.
        comparison: of these versions.
        cover: what its maker adds.
    """
    sheets = [make_sheet(result) for result in results]
    first = results[0]
    return Report(
        cover or Cover("Versions of a design"),
        first.prediction.model,
        first.style,
        sheets,
        version_tables(comparison),
    )


def version_tables(comparison: Comparison) -> list[VersionTable]:
    """A table for each area of versions compared."""
    return [
        VersionTable(
            area,
            wording.winner(comparison, area),
            comparison.winner(area).is_clear,
            tuple(_version_rows(comparison, area)),
        )
        for area in comparison.shares
    ]


def _version_rows(comparison: Comparison, area: str) -> Iterable[VersionRow]:
    differences = {found.second: found for found in comparison.differences(area)}
    for version, found in comparison.shares[area].items():
        between = differences.get(version)
        text = f"{wording.difference(between)}, {wording.verdict(between)}" if between else ""
        yield VersionRow(version, found.share, wording.between(interval_of(found)), text)


def logo_uri(logo: ImageSource) -> str:
    """A picture as the logo of a report.

    Raises:
        ImageError: if it can't be read.
    """
    return data_uri(shrink_image(load_image(logo), _LOGO_PX))


def report_html(report: Report, paper: Paper = Paper.A4) -> str:
    """A report as one HTML page that needs no other file; it prints on this paper."""
    folder = files(__package__)
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(folder.joinpath("report.html").read_text("utf-8"))
    meanings = [*MEANINGS, DIFFERENCE_MEANING] if report.versions else MEANINGS
    return template.render(
        report=report,
        meanings=meanings,
        scale=data_uri(colormap_table(report.style.colormap)[None]),
        paper=paper.value,
        footer=_css_text(f"{report.title} · Salmap {__version__}"),
        style=page_style() + folder.joinpath("report.css").read_text("utf-8"),
        script=folder.joinpath("sort.js").read_text("utf-8"),
        percent=wording.percent,
    )


def _css_text(text: str) -> str:
    """A text as CSS writes it, in which nothing is taken for CSS or HTML."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


def report_pdf(report: Report, paper: Paper = Paper.A4) -> bytes:
    """A report as a PDF: the same page, laid out on paper.

    Raises:
        SalmapError: if the layout fails.
    """
    import plutoprint  # noqa: PLC0415  (a large library, and only for this)

    sizes = {Paper.A4: plutoprint.PAGE_SIZE_A4, Paper.LETTER: plutoprint.PAGE_SIZE_LETTER}
    book = plutoprint.Book(sizes[paper])
    book.set_metadata(plutoprint.PDF_METADATA_TITLE, report.title)
    book.load_html(report_html(report, paper), base_url=_BASE)
    stream = io.BytesIO()
    try:
        book.write_to_pdf_stream(stream)
    except plutoprint.Error as error:
        raise SalmapError(f"The report can't be laid out as a PDF ({error}).") from error
    return stream.getvalue()


def report_file(report: Report, name: str, paper: Paper = Paper.A4) -> bytes:
    """A report as the bytes of a file, HTML or PDF as the file's name says.

    Raises:
        SalmapError: if it says something else, or the layout fails.
    """
    check_ending(name)
    if name.lower().endswith(".pdf"):
        return report_pdf(report, paper)
    return report_html(report, paper).encode()


def check_ending(name: str) -> None:
    """Refuse a name of a file that is neither HTML nor PDF.

    Raises:
        SalmapError: saying so.
    """
    if not name.lower().endswith((".html", ".pdf")):
        raise SalmapError(f"A report is HTML or PDF: give {name} the ending .html or .pdf.")

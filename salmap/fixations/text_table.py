"""Tables of text in any dialect: encoding, separator, decimal commas, lost values, stray lines."""

from __future__ import annotations

import codecs
import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from salmap.errors import FixationsError, listed

#: what programs write where they have no value, in small letters
LOST = frozenset(
    ("", ".", "-", "--", "n/a", "#n/a", "na", "n.a.", "nan", "null", "none", "missing")
)
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_SEPARATORS = ("\t", ";", ",", "|")
_SPACES = r"\s+"
_SEP_LINE = re.compile(r"""\A"?sep=(.)"?[;,\t]*\n""", re.IGNORECASE)
_DECIMAL_COMMA = r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?"
_THOUSANDS = r"[+-]?\d{1,3},\d{3}"


@dataclass(frozen=True, eq=False)
class TextTable:
    """A table as text.

    Attributes:
        name: of the file.
        columns: heading -> its values as written, text, all of one length.
        lines: int64 (n,), the line in the file of each row, counted from 1.
    """

    name: str
    columns: dict[str, pd.Series]
    lines: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lines)

    def records(self) -> Iterator[dict[str, str]]:
        """Each row by heading."""
        for row in zip(*self.columns.values(), strict=True):
            yield dict(zip(self.columns, row, strict=True))

    def rows(self, keep: NDArray[np.bool_]) -> TextTable:
        """Some of the rows."""
        columns = {heading: values[keep] for heading, values in self.columns.items()}
        return TextTable(self.name, columns, self.lines[keep])


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column read as numbers.

    Attributes:
        values: float64 (n,), NaN where there is none.
        lost: bool (n,), where the file says that there is none.
        wrong: bool (n,), where something else is written.
    """

    values: NDArray[np.float64]
    lost: NDArray[np.bool_]
    wrong: NDArray[np.bool_]


def read_text_table(name: str, text: str) -> TextTable:
    """A table with headings from the text of a file.

    Values are separated by tabs, semicolons, commas, bars or spaces, or by what a first line `sep=`
    names. Lines before the headings that are empty or begin with # are left out, and so are rows
    without any value.

    Raises:
        FixationsError: if a heading comes twice, or a row has more values than there are headings.
    """
    start, separator = 0, ""
    if stated := _SEP_LINE.match(text):
        start, separator = stated.end(), stated.group(1)
    start, heading = _heading_line(text, start)
    separator = separator or _separator(heading, text[start : start + 20_000])
    headings = [value.strip(" \ufeff") for value in _split(heading, separator)]
    _check_headings(name, headings)
    first_line = text.count("\n", 0, start) + 1
    frame = _parse(name, text[start:], separator, len(headings), first_line)
    return _table(name, headings, frame, first_line)


def decode(name: str, data: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or else Windows' Latin-1; lines end in a newline.

    Raises:
        FixationsError: if it is not text.
    """
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding = _MARKS.get(mark) or _unmarked(data[:2000])
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise FixationsError(f"{name} is not a table of text. Save it as CSV in UTF-8.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def numbers(column: pd.Series) -> Numbers:
    """A column as numbers, with decimal points or decimal commas."""
    values = _parsed(column)
    open_rows = ~np.isfinite(values)
    lost, wrong = np.zeros(len(values), bool), np.zeros(len(values), bool)
    if open_rows.any():
        written = column[open_rows].str.strip()
        is_lost = written.str.lower().isin(LOST).to_numpy(bool)
        values[open_rows] = _with_commas(written, column[~open_rows])
        lost[open_rows] = is_lost
        wrong = ~np.isfinite(values) & ~lost
        values[lost] = np.nan
    return Numbers(values, lost, wrong)


def _parsed(column: pd.Series) -> NDArray[np.float64]:
    """Numbers with decimal points; NaN for all else."""
    try:
        return column.to_numpy().astype(np.float64)
    except ValueError:
        numeric = pd.to_numeric(column, errors="coerce")
        return numeric.to_numpy(np.float64, na_value=np.nan).copy()


def _with_commas(written: pd.Series, others: pd.Series) -> NDArray[np.float64]:
    """Numbers with decimal commas; NaN for all else, and for all where commas may group digits."""
    has_comma = written.str.fullmatch(_DECIMAL_COMMA).fillna(False).to_numpy(bool)
    values = np.full(len(written), np.nan)
    commas = written[has_comma]
    points = bool(others.str.contains(".", regex=False).any())
    grouped = len(others) > 0 and bool(commas.str.fullmatch(_THOUSANDS).all())
    if len(commas) and not points and not grouped:
        values[has_comma] = pd.to_numeric(commas.str.replace(",", "."), errors="coerce")
    return values


def _unmarked(start: bytes) -> str:
    """The encoding of text without a mark: UTF-16 has zeros in every other byte."""
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 2 and zeros.count(0) > 0.7 * len(zeros):
            return encoding
    return "utf-8"


def _heading_line(text: str, start: int) -> tuple[int, str]:
    """Where the row of headings begins, and its line."""
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end]
        if line.strip(' \t,;|"') and not line.startswith("#"):
            return start, line
        start = end + 1
    return len(text), ""


def _separator(heading: str, sample: str) -> str:
    """What separates the values: what gives most headings, and rows of the same length."""
    rows = [line for line in sample.splitlines()[1:40] if line.strip()]

    def agreement(separator: str) -> tuple[int, int]:
        count = len(_split(heading, separator))
        same = sum(len(_split(row, separator)) == count for row in rows)
        return (count > 1) * (1 + (same > len(rows) / 2)), count

    best = max(_SEPARATORS, key=agreement)
    if agreement(best)[1] > 1:
        return best
    return _SPACES if len(heading.split()) > 1 else ","


def _split(line: str, separator: str) -> list[str]:
    if separator == _SPACES:
        return [value.strip('"') for value in line.split()]
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return line.split(separator)


def _check_headings(name: str, headings: Sequence[str]) -> None:
    counts = Counter(heading.lower() for heading in headings if heading)
    doubled = [heading for heading, count in counts.items() if count > 1]
    if doubled:
        raise FixationsError(
            f"{name} has the heading {listed(doubled)} more than once. Keep one column of each."
        )


def _parse(name: str, text: str, separator: str, width: int, first_line: int) -> pd.DataFrame:
    """The rows, headings among them, with a column more than there are headings."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text), sep=separator, header=None, names=range(width + 1), dtype=object,
                index_col=False, na_filter=False, skip_blank_lines=False, skipinitialspace=True,
                engine="c", low_memory=False,
            )  # fmt: skip
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=range(width + 1), dtype=object)
    except pd.errors.ParserError as error:
        found = re.search(r"in line (\d+), saw (\d+)", str(error))
        if found is None:
            raise FixationsError(
                f"{name} can't be read as a table ({error}). Save it as CSV in UTF-8."
            ) from error
        raise _too_wide(name, first_line + int(found[1]) - 1, int(found[2]), width) from error


def _too_wide(name: str, line: int, values: int, width: int) -> FixationsError:
    return FixationsError(
        f"{name}: row {line} has {values} values, but there are {width} headings. If the numbers "
        "have decimal commas, separate the values by semicolons or tabs; else name each column."
    )


def _table(name: str, headings: Sequence[str], frame: pd.DataFrame, first_line: int) -> TextTable:
    """The rows below the headings that hold anything."""
    frame = frame.iloc[1:]
    columns = {place: frame[place] for place in frame.columns}
    extra = (columns[len(headings)] != "").to_numpy(bool)
    if extra.any():
        row = int(np.argmax(extra))
        raise _too_wide(name, first_line + 1 + row, len(headings) + 1, len(headings))
    filled = np.zeros(len(frame), bool)
    for values in columns.values():
        if not filled.all():
            filled |= (values != "").to_numpy(bool)
    named = {heading: columns[i] for i, heading in enumerate(headings) if heading}
    lines = np.arange(len(frame), dtype=np.int64) + first_line + 1
    table = TextTable(name, named, lines)
    return table if filled.all() else table.rows(filled)

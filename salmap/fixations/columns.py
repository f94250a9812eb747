"""From a table of text to gaze: which column is what, and which rows count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from salmap.errors import FixationsError, listed
from salmap.fixations.frame import Frame, Reading
from salmap.fixations.gaze import Gaze, counted
from salmap.fixations.text_table import LOST, TextTable, numbers
from salmap.fixations.trackers import PLAIN, TRACKERS, Form
from salmap.types import UNKNOWN_VIEWER

_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_ANY_UNIT = f"(?:_(?:{'|'.join(_SECONDS)}))?"


@dataclass(frozen=True)
class Columns:
    """Headings of a table by what their columns hold; "" where there is none.

    Attributes:
        form: of the table.
        x, y: of the positions, counted as `frame` says.
        image, subject, start, duration: the others.
    """

    form: Form
    x: str
    y: str
    frame: Frame
    image: str = ""
    subject: str = ""
    start: str = ""
    duration: str = ""


def plain(heading: str) -> str:
    """A heading as `trackers` compares it."""
    small = heading.lower().replace("µ", "u").replace("μ", "u")
    joined = re.sub(r"[^0-9a-z]+", "_", small).strip("_")
    return re.sub(r"(mcs|dacs)_(px|norm)$", r"\1\2", joined)


def find_columns(table: TextTable, reading: Reading) -> Columns:
    """What the columns of a table hold, by its headings or as its owner says.

    Raises:
        FixationsError: if x or y is missing, or a heading that the owner named.
    """
    known = {plain(heading): heading for heading in table.columns}
    stated = {role: _stated(table, role, heading) for role, heading in reading.columns.items()}
    form = PLAIN
    if not {"x", "y"} <= set(stated):
        form = next((f for f in TRACKERS if _is(known, f)), PLAIN)
    if form.refused:
        raise FixationsError(f"{table.name} holds {form.title}. {form.refused}")
    x, y, frame = _positions(known, form)
    roles = {
        role: _first(known, getattr(form, role)) or _first(known, getattr(PLAIN, role))
        for role in ("image", "subject", "start", "duration")
    }
    found = {"x": x, "y": y, **roles, **stated}
    lacking = [role for role in ("x", "y") if not found[role]]
    if lacking:
        raise _lacks(table, lacking)
    return Columns(form, frame=frame, **found)


def gaze_of_table(table: TextTable, reading: Reading) -> Gaze:
    """The gaze in a table.

    Rows without a position are left out and counted.

    Raises:
        FixationsError: if columns are missing, a value is not a number or a name is empty, naming
            the first rows and columns concerned and how many there are.
    """
    columns = find_columns(table, reading)
    table = _counting_rows(table, columns)
    across, down = (numbers(table.columns[heading]) for heading in (columns.x, columns.y))
    lost = across.lost & down.lost
    wrong = {columns.x: across.wrong | (across.lost & ~lost)}
    wrong[columns.y] = down.wrong | (down.lost & ~lost)
    if columns.duration:
        wrong[columns.duration] = numbers(table.columns[columns.duration]).wrong
    mistakes = [*_wrong_numbers(table, wrong), *_empty_names(table, columns, ~lost)]
    if mistakes:
        raise _mistaken(table.name, mistakes)
    gaze = _gaze(table, columns)
    gaze = replace(gaze, x=across.values, y=down.values).rows(~lost)
    if not len(gaze):
        raise FixationsError(f"{table.name} has no fixations. Add a row for each: image,x,y.")
    if columns.form.shown:
        gaze = _on_media(gaze, table.rows(~lost), columns)
    note = counted(int(lost.sum()), "row", "without a position: left out.") if lost.any() else ""
    return gaze.noted(_read_as(columns), note)


def _is(known: Mapping[str, str], form: Form) -> bool:
    return all(_first(known, (heading,)) for heading in form.known_by) and bool(
        _positions(known, form)[0]
    )


def _positions(known: Mapping[str, str], form: Form) -> tuple[str, str, Frame]:
    """Headings of x and y, and how they are counted."""
    for pattern, frame in form.positions:
        pair = [known.get(pattern.format(axis), "") for axis in "xy"]
        if all(pair):
            return pair[0], pair[1], frame
    return known.get("x", ""), known.get("y", ""), Frame()


def _first(known: Mapping[str, str], names: Iterable[str]) -> str:
    """The heading of the first of some names, with or without a unit of time behind it."""
    for name in names:
        if name in known:
            return known[name]
        found = [h for short, h in known.items() if re.fullmatch(name + _ANY_UNIT, short)]
        if found:
            return found[0]
    return ""


def _stated(table: TextTable, role: str, heading: str) -> str:
    for known in table.columns:
        if known == heading or known.lower() == heading.lower():
            return known
    raise FixationsError(
        f"{table.name} has no column '{heading}' for {role}. It has {listed(list(table.columns))}."
    )


def _lacks(table: TextTable, lacking: Sequence[str]) -> FixationsError:
    headings = ",".join(table.columns)[:200]
    return FixationsError(
        f"{table.name} lacks the columns {', '.join(lacking)}; its headings are "
        f"{headings or 'empty'!r}. Name the columns that hold them, such as "
        "--gaze x=HEADING --gaze y=HEADING."
    )


def _counting_rows(table: TextTable, columns: Columns) -> TextTable:
    """The rows that are fixations, one for each, of one eye."""
    form = columns.form
    known = {plain(heading): heading for heading in table.columns}
    keep = np.ones(len(table), bool)
    if form.only and (heading := _first(known, (form.only[0],))):
        keep &= table.columns[heading].str.strip().str.lower().isin(form.only[1]).to_numpy(bool)
    if form.title and columns.image:
        keep &= ~_is_lost(table.columns[columns.image])
    if form.eye and (heading := _first(known, (form.eye,))):
        keep &= _one_eye(table.columns[heading], keep)
    table = table if keep.all() else table.rows(keep)
    if form.event and (heading := _first(known, (form.event,))):
        by = [h for h in (columns.subject, columns.image, heading) if h]
        frame = pd.DataFrame({h: table.columns[h] for h in by})
        repeated = frame.duplicated(keep="last" if form.last else "first").to_numpy(bool)
        table = table.rows(~repeated)
    return table


def _one_eye(eyes: pd.Series, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where the eye is that has more rows, if left and right alternate; else everywhere."""
    side = eyes.str.strip().str.lower().str[:1]
    counts = side[keep].value_counts()
    if not {"l", "r"} <= set(counts.index):
        return np.ones(len(eyes), bool)
    other = "l" if counts["r"] >= counts["l"] else "r"
    return (side != other).to_numpy(bool)


def _is_lost(column: pd.Series) -> NDArray[np.bool_]:
    return column.str.strip().str.lower().isin(LOST).to_numpy(bool)


def _wrong_numbers(table: TextTable, wrong: Mapping[str, NDArray[np.bool_]]) -> list[str]:
    found = [
        (int(table.lines[row]), heading, str(table.columns[heading].iloc[row]))
        for heading, rows in wrong.items()
        for row in np.flatnonzero(rows)
    ]
    return [
        f"row {line}, column {heading}: {value[:40]!r} is not a finite number"
        for line, heading, value in sorted(found, key=lambda item: item[0])
    ]


def _empty_names(table: TextTable, columns: Columns, needed: NDArray[np.bool_]) -> list[str]:
    return [
        f"row {table.lines[row]}, column {heading}: it is empty"
        for heading in (columns.image, columns.subject)
        if heading
        for row in np.flatnonzero((table.columns[heading] == "").to_numpy(bool) & needed)
    ]


def _mistaken(name: str, mistakes: Sequence[str]) -> FixationsError:
    return FixationsError(
        f"{name} has {counted(len(mistakes), 'mistake')}: {listed(mistakes, '; ')}. Correct or "
        "remove these rows."
    )


def _gaze(table: TextTable, columns: Columns) -> Gaze:
    """Everything but the positions."""
    images, image = _coded(table, columns.image)
    names, viewer = _coded(table, columns.subject)
    return Gaze(
        tuple(name.replace("\\", "/") for name in images),
        image,
        tuple(names) if columns.subject else (),
        viewer if columns.subject else np.full(len(table), UNKNOWN_VIEWER),
        np.zeros(len(table)),
        np.zeros(len(table)),
        _seconds(table, columns.start, columns.form),
        _seconds(table, columns.duration, columns.form),
        table.lines,
        columns.frame,
        columns.form.is_samples,
        columns.form.title,
    )


def _coded(table: TextTable, heading: str) -> tuple[list[str], NDArray[np.int64]]:
    """The different values of a column in alphabetical order, and which of them each row has."""
    if not heading:
        return [""], np.zeros(len(table), np.int64)
    codes, values = pd.factorize(table.columns[heading])
    stripped, places = np.unique([str(value).strip() for value in values], return_inverse=True)
    return [str(value) for value in stripped], places[codes]


def _seconds(table: TextTable, heading: str, form: Form) -> NDArray[np.float64]:
    """A column of times in seconds; NaN where there is none."""
    if not heading:
        return np.full(len(table), np.nan)
    values = numbers(table.columns[heading]).values
    stated = _SECONDS.get(plain(heading).rpartition("_")[2])
    return values * (stated or _guessed_unit(values, form.default_s))


def _guessed_unit(values: NDArray[np.float64], default_s: float) -> float:
    """Seconds of a unit of time that nothing names: steps of a recording are short."""
    steps = np.abs(np.diff(values[np.isfinite(values)]))
    step = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    if default_s == 1e-3 and step > 5000:
        return 1e-6
    whole = step == 0 or (values[np.isfinite(values)] % 1 == 0).all()
    return 1.0 if default_s == 1e-3 and step < 20 and not whole else default_s


def _on_media(gaze: Gaze, table: TextTable, columns: Columns) -> Gaze:
    """Positions on the screen moved to the picture, where the file says where that was shown."""
    known = {plain(heading): heading for heading in table.columns}
    headings = [known.get(name, "") for name in columns.form.shown]
    if "mcs" in plain(columns.x) or not all(headings):
        return gaze
    left, top, wide, high, width, height = (numbers(table.columns[h]).values for h in headings)
    across, down = width / wide, height / high
    x = (gaze.x + 0.5 - left) * across - 0.5
    y = (gaze.y + 0.5 - top) * down - 0.5
    known_place = np.isfinite(x) & np.isfinite(y)
    gaze = replace(gaze, x=x, y=y).rows(known_place)
    return gaze.noted("Positions on the screen were moved to the picture as it was shown there.")


def _read_as(columns: Columns) -> str:
    """What the file was taken for."""
    if not columns.form.title:
        return ""
    used = [columns.x, columns.y, columns.image, columns.subject]
    return f"Read as {columns.form.title}: columns {', '.join(filter(None, used))}."

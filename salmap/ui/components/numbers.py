"""A table of numbers, the best of each column marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salmap.ui.components.browser import component


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        label: its heading.
        help: what it means, in a sentence or two, shown when its heading is pressed.
        best: 1 if the largest number is the best, -1 if the smallest is, 0 if none is.
        digits: behind the point.
    """

    label: str
    help: str = ""
    best: int = 0
    digits: int = 2


@dataclass(frozen=True)
class Row:
    """A row: its name, a word on it, and a number or a text for each column."""

    name: str
    note: str
    values: Sequence[float | str]


def numbers(
    key: str, caption: str, of: str, columns: Sequence[Column], rows: Sequence[Row]
) -> None:
    """Show a table.

    Args:
        key: the same for the same place on a page.
        caption: what it says.
        of: heading of the column of names.
        columns: of numbers.
        rows: as many values in each as there are columns.
    """
    component("numbers")(
        key=key,
        data={
            "caption": caption,
            "columns": [{"label": of, "help": ""}]
            + [{"label": column.label, "help": column.help} for column in columns],
            "rows": [
                {
                    "name": row.name,
                    "note": row.note,
                    "cells": [
                        {"text": _text(value, column), "best": _is_best(row, place, column, rows)}
                        for place, (value, column) in enumerate(
                            zip(row.values, columns, strict=True)
                        )
                    ],
                }
                for row in rows
            ],
        },
    )


def _text(value: float | str, column: Column) -> str:
    """A number with a true minus sign; what rounds to zero has no sign."""
    if isinstance(value, str):
        return value
    if value == float("-inf"):
        return "−∞"
    rounded = round(value, column.digits) + 0.0
    return f"{rounded:.{column.digits}f}".replace("-", "−")


def _is_best(row: Row, place: int, column: Column, rows: Sequence[Row]) -> bool:
    """Whether a value, as it is shown, is the best of its column, and not all are."""
    shown = {r.values[place]: _text(r.values[place], column) for r in rows}
    if not column.best or len(set(shown.values())) < 2:
        return False
    best = max(shown, key=lambda value: column.best * float(value))
    return shown[best] == shown[row.values[place]]

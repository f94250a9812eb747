"""Shares, places and differences in plain words, the same on screen, on paper and on a terminal."""

from __future__ import annotations

from salmap.analysis.versions import Comparison, Difference

_ROWS = ("upper", "", "lower")
_COLUMNS = ("left", "", "right")
_ALONE = {"upper": "top", "lower": "bottom"}


def percent(share: float) -> str:
    """A share in [0, 1] as a whole percentage; "<1 %" for what is less but not nothing."""
    if 0 < share < 0.005:
        return "<1\u00a0%"
    return f"{share * 100:.0f}\u00a0%"


def between(interval: tuple[float, float]) -> str:
    """An interval of shares, such as "3 to 12 %"."""
    return f"{interval[0] * 100:.0f} to {interval[1] * 100:.0f}\u00a0%"


def place(point: tuple[float, float], size: tuple[int, int]) -> str:
    """Where a point (x, y) lies on a picture of (height, width): "upper left", "middle", ..."""
    row = _ROWS[min(2, int(3 * (point[1] + 0.5) / size[0]))]
    column = _COLUMNS[min(2, int(3 * (point[0] + 0.5) / size[1]))]
    if row and column:
        return f"{row} {column}"
    return _ALONE.get(row) or column or "middle"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    rounded = round(value * 100) + 0
    return f"{rounded:+d}".replace("-", "−") if rounded else "0"


def difference(found: Difference) -> str:
    """A difference with its interval, such as "+4 points (−4 to +12)"."""
    return f"{points(found.value)} points ({points(found.low)} to {points(found.high)})"


def verdict(found: Difference) -> str:
    """What a difference comes to, without numbers."""
    if not found.is_clear:
        return "no clear difference"
    return f"clearly {'more' if found.value > 0 else 'less'} than {found.first}"


def winner(comparison: Comparison, area: str) -> str:
    """Which version draws most attention to an area, in a sentence.

    Raises:
        AreaError: if there is no such area.
    """
    found = comparison.winner(area)
    shares = comparison.shares[area]
    if len(shares) < 2:
        return f"Only {found.version} has {area}."
    most = f"{found.version} draws most attention to {area}, {percent(shares[found.version].share)}"
    if found.is_clear:
        return f"{most}: a clear difference from every other version."
    return f"{most}, but no clear difference."

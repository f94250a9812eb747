"""Shares, places and differences in plain words, the same on screen, on paper and on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from salmap.analysis.clarity import Clarity
from salmap.analysis.versions import Comparison, Difference
from salmap.areas import AreaShare
from salmap.timing import SEEN_S

#: of a picture that its model can hardly know; see `salmap.weights.familiarity`
UNFAMILIAR = (
    "This picture is unlike the photographs that the model learned from, so take the result as a "
    "rough guess."
)

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


def seen(found: AreaShare) -> str:
    """How many people see an area by when, such as "43, 60 and 68 % within 1, 2 and 3 s"; or ""."""
    if not found.seen:
        return ""
    shares = _listed(f"{share * 100:.0f}" for share in found.seen)
    return f"{shares}\u00a0% within {_listed(map(str, SEEN_S))}\u00a0s"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}"


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
        others = "" if len(shares) == 2 else " from every other version"
        return f"{most}: a clear difference{others}."
    return f"{most}, but no clear difference."


def clarity(found: Clarity, ranks: Mapping[str, float]) -> str:
    """How a picture gathers attention, in two or three sentences.

    Args:
        found: what was measured.
        ranks: as `salmap.analysis.clarity.rank_among_validation_pictures` gives them.
    """
    on = f"Half of all attention falls on {percent(found.half_area)} of the picture"
    if found.places is None:
        text = f"{on}; the areas that stand out hold less than that together."
    else:
        text = f"{on}, in {found.places} {'place' if found.places == 1 else 'places'}."
    text += (
        f" That is {found.concentration_bits:.1f} bits more concentrated than attention that is "
        f"the same everywhere (entropy {found.entropy_bits:.1f} bits)."
    )
    if ranks:
        beside = ", ".join(f"{percent(share)} of {kind}" for kind, share in ranks.items())
        text += f" More concentrated than {beside}, as this model sees test photos."
    return text

"""Whether positions can be what they are said to be: pixels of the pictures that were viewed.

One test for every table, wherever it is read. It looks at numbers alone, so it never converts by
itself: what can be told only from the range of the numbers is doubtful, and the message names the
likely cause and the setting that settles it. Only rows that hold no position at all (0, 0 and other
marks of lost eyes) are certain, and left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from salmap.errors import DoubtfulError
from salmap.fixations.frame import Frame, Origin, Unit, YAxis
from salmap.fixations.gaze import Gaze

#: a larger share of fixations outside their pictures is refused
REFUSED_OUTSIDE = 0.5
#: a larger one is used, but no gain is claimed on it
DOUBTFUL_OUTSIDE = 0.15
#: where its owner has said how a table is counted, only this much is refused
REFUSED_OUTSIDE_AS_STATED = 0.95

#: what trackers write in place of x and y where they lost the eyes, beside 0, 0
_SENTINELS = (-1.0, -32768.0, -9999.0, 9999.0, 32767.0, 1e8)
_FEW = 20
_MANY = 60
_MOST = 0.9
_QUARTER = 0.55
#: of the median distance between any two rows; readers of pages come down to a quarter of it
_CLOSE = 0.2
_SHORTEST_FIXATION_S = 0.06

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shown:
    """Positions beside the sizes of their pictures, float64 (n,) each."""

    x: Array
    y: Array
    width: Array
    height: Array

    def is_inside(self) -> NDArray[np.bool_]:
        """Which positions, in pixels, fall on their picture."""
        return _within(self.x, -0.5, self.width - 0.5) & _within(self.y, -0.5, self.height - 0.5)


def lost_eyes(gaze: Gaze, frame: Frame) -> NDArray[np.bool_]:
    """Which rows only mark that the eyes were lost: 0, 0 in a corner, or another such pair."""
    lost = (gaze.x == gaze.y) & np.isin(gaze.x, _SENTINELS[1:])
    if not frame.is_centered:
        lost |= (gaze.x == -1) & (gaze.y == -1)
        zero = (gaze.x == 0) & (gaze.y == 0)
        if zero.sum() >= (1 if len(gaze) >= _FEW else 2):
            lost |= zero
    return lost


def check_unit(shown: Shown) -> None:
    """Refuse numbers that are hardly pixels of these pictures.

    Raises:
        DoubtfulError: with the likely unit.
    """
    x, y = shown.x, shown.y
    if not len(x):
        return
    fractions = bool(((x % 1) != 0).any() or ((y % 1) != 0).any())
    within_one = _within(np.abs(x), 0, 1.05) & _within(np.abs(y), 0, 1.05)
    if fractions and within_one.mean() >= 0.7:
        _refuse_below_one(shown, within_one)
    if _are_percent(shown):
        raise _doubt(
            "x and y lie between 0 and 100 on pictures that are larger, as per cent of a picture "
            "do",
            Frame(Unit.PERCENT),
            "If they are pixels: --gaze unit=pixels.",
        )
    if _are_in_a_quarter(shown):
        raise _doubt(
            "All fixations lie in the top left quarter of their pictures, as they do if the "
            "pictures were shown smaller than they are here",
            Frame(scale=0.5),
            "Give the scale at which they were shown; or, if all is right, --gaze unit=pixels.",
        )


def check_outside(shown: Shown, stated: bool) -> str:
    """Refuse positions of which most fall outside their pictures.

    Args:
        shown: positions in pixels of the pictures.
        stated: whether somebody has said how they are counted.

    Returns:
        Why no gain should be claimed on them; empty if nothing is unusual.

    Raises:
        DoubtfulError: with the likely cause.
    """
    if not len(shown.x):
        return ""
    inside = shown.is_inside()
    outside = 1 - float(inside.mean())
    most = REFUSED_OUTSIDE_AS_STATED if stated else REFUSED_OUTSIDE
    count = f"{int((~inside).sum()):,} of {len(inside):,} fixations fall outside their pictures"
    if outside > most or (outside > DOUBTFUL_OUTSIDE and not stated and _swap(shown) > 0.99):
        cause, remedy, guess = _cause(shown)
        raise DoubtfulError(f"{count}. {cause}", remedy, guess.settings())
    return f"{count}, which is unusual." if outside > DOUBTFUL_OUTSIDE else ""


def are_samples(gaze: Gaze) -> bool:
    """Whether rows follow one another as closely as samples of the eyes do, not as fixations.

    By their times where these are known. Else by distance: from row to row the eyes of one viewer
    then move much less than between any two rows.

    Args:
        gaze: in pixels, its rows in order.
    """
    runs = gaze.runs()
    long = np.diff(runs) >= _FEW
    if np.diff(runs)[long].sum() < max(_FEW, len(gaze) / 2):
        return False
    within = np.ones(len(gaze), bool)
    within[runs[1:-1]] = False
    within &= np.repeat(long, np.diff(runs))
    steps = np.flatnonzero(within)[1:] if within[0] else np.flatnonzero(within)
    if np.isfinite(gaze.start_s).all():
        return float(np.median(np.diff(gaze.start_s)[steps - 1])) < _SHORTEST_FIXATION_S
    if np.isfinite(gaze.duration_s).any():
        return float(np.nanmedian(gaze.duration_s)) < _SHORTEST_FIXATION_S / 2
    down, across = np.diff(gaze.y)[steps - 1], np.diff(gaze.x)[steps - 1]
    if max((down >= 0).mean(), (across >= 0).mean()) > 0.95:  # points listed by place
        return False
    shuffled = _shuffled_within(runs)
    any_two = np.hypot(np.diff(gaze.x[shuffled]), np.diff(gaze.y[shuffled]))[steps - 1]
    return float(np.median(np.hypot(across, down))) < _CLOSE * float(np.median(any_two))


def _shuffled_within(runs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of all rows, shuffled within each run, the same way each time."""
    chance = np.random.default_rng(0).random(int(runs[-1]))
    return np.lexsort((chance, np.repeat(np.arange(len(runs) - 1), np.diff(runs))))


def _refuse_below_one(shown: Shown, within_one: NDArray[np.bool_]) -> None:
    x, y = shown.x[within_one], shown.y[within_one]
    if (np.concatenate([x, y]) < 0).mean() < 0.15:
        raise _doubt(
            "x and y lie between 0 and 1, as shares of a picture or screen do",
            Frame(Unit.SHARES),
            "Add origin=bottom-left if y grows upwards, and screen=WIDTHxHEIGHT if they are shares "
            "of the screen. If they are pixels: --gaze unit=pixels.",
        )
    aspect = shown.width[within_one] / shown.height[within_one]
    is_height = (np.abs(x) <= aspect / 2 + 0.02).mean() > 0.97 and (np.abs(y) <= 0.52).mean() > 0.97
    raise _doubt(
        "x and y lie between -1 and 1, as PsychoPy's units do "
        f"({'height' if is_height else 'norm'} is likely)",
        Frame(Unit.HEIGHT if is_height else Unit.NORM),
        "unit=norm is -1 to 1 on both sides, unit=height counts in heights; both from the middle. "
        "Add y-axis=down if y grows downwards, and screen=WIDTHxHEIGHT if they are of the screen.",
    )


def _are_percent(shown: Shown) -> bool:
    """Whether no number is above 100 on pictures that are clearly larger."""
    reach = [_quantile(np.maximum(v, 0), 0.975) for v in (shown.x, shown.y)]
    negative = (np.minimum(shown.x, shown.y) < -2).mean()
    if len(shown.x) < _FEW or max(reach) > 101 or negative > 0.02:
        return False
    sides = min(float(np.median(shown.width)), float(np.median(shown.height)))
    if len(shown.x) >= _MANY and sides >= 115 and min(reach) >= 55 and max(reach) >= 70:
        return True
    return sides >= 100 / _QUARTER and min(reach) >= 50 and _fill(shown) <= _QUARTER


def _are_in_a_quarter(shown: Shown) -> bool:
    """Whether many different fixations on several pictures stay in the top left quarter."""
    if (np.minimum(shown.x, shown.y) < 0).mean() > 1 - _MOST:
        return False
    places = np.unique(np.round(np.stack([shown.x, shown.y])), axis=1).shape[1]
    several = len(np.unique(shown.width * 1e5 + shown.height)) > 1 or len(shown.x) >= 5 * _MANY
    return len(shown.x) >= _MANY and several and places > _FEW and 0 < _fill(shown) <= _QUARTER


def _fill(shown: Shown) -> float:
    """The share of the sides up to which fixations reach, the larger one of both sides."""
    return max(_quantile(shown.x / shown.width, 0.98), _quantile(shown.y / shown.height, 0.98))


def _cause(shown: Shown) -> tuple[str, str, Frame]:
    """Why most positions may fall outside, and what would settle it."""
    x, y, width, height = shown.x, shown.y, shown.width, shown.height
    half = _within(np.abs(x), 0, width * 0.55) & _within(np.abs(y), 0, height * 0.55)
    left, above = (x < 0).mean(), (y < 0).mean()
    if half.mean() >= _MOST and min(left, above) > 0.15 and max(left, above) < 0.85:
        frame = Frame(Unit.PIXELS, Origin.CENTER)
        remedy = f"If so: {_say(frame)}, and y-axis=up if y grows upwards."
        return "They seem to be counted from the middle.", remedy, frame
    if (_within(x, -0.5, width) & _within(-y, -0.5, height)).mean() >= _MOST:
        frame = Frame(Unit.PIXELS, Origin.TOP_LEFT, YAxis.UP)
        return "y seems to grow upwards from the top.", f"If so: {_say(frame)}.", frame
    if _swap(shown) >= _MOST:
        remedy = "If so: --gaze x=HEADING_OF_Y --gaze y=HEADING_OF_X."
        return "x and y seem to be swapped.", remedy, Frame()
    offset = _likely_offset(shown)
    if offset.offset:
        return (
            "They may be counted on a screen that showed the picture at an offset.",
            f"If so: {_say(offset)} (roughly, by the middle of all fixations), or --gaze "
            "screen=WIDTHxHEIGHT if it was in the middle.",
            offset,
        )
    return (
        "They may be counted on a screen that showed the picture at an offset or larger.",
        "If so: --gaze screen=WIDTHxHEIGHT for pictures in the middle of the screen, with "
        "scale=fit if they filled it, or offset=X,Y and scale=FACTOR.",
        Frame(),
    )


def _swap(shown: Shown) -> float:
    """The share of positions that would fall on their picture if x and y were swapped."""
    swapped = Shown(shown.y, shown.x, shown.width, shown.height)
    return float(swapped.is_inside().mean())


def _likely_offset(shown: Shown) -> Frame:
    """Where the picture was on the screen if people looked around its middle, as they do.

    Nothing is said where positions spread wider than a picture, or hardly at all.
    """
    middle = [float(np.median(v)) for v in (shown.x, shown.y)]
    spread = [_quantile(v, 0.9) - _quantile(v, 0.1) for v in (shown.x, shown.y)]
    sides = [float(np.median(v)) for v in (shown.width, shown.height)]
    if not all(0.2 * side < wide < 1.05 * side for wide, side in zip(spread, sides, strict=True)):
        return Frame()
    left, top = (round(m - side / 2) for m, side in zip(middle, sides, strict=True))
    return Frame(offset=(left, top))


def _doubt(cause: str, guess: Frame, more: str) -> DoubtfulError:
    return DoubtfulError(f"{cause}.", f"If so: {_say(guess)}. {more}", guess.settings())


def _say(frame: Frame) -> str:
    return " ".join(f"--gaze {setting}" for setting in frame.settings())


def _within(values: Array, low: float | Array, high: float | Array) -> NDArray[np.bool_]:
    return (values >= low) & (values < high)


def _quantile(values: Sequence[float] | Array, share: float) -> float:
    return float(np.quantile(values, share))

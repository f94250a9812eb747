"""How sure a share of attention is: where the share of a group of real viewers would fall.

Two things keep the share of fixations that a few viewers make in an area from being the predicted
one: the model errs, and few viewers are not all viewers. Both are taken from validation pictures:
the squared error over p (1 - p) is about `MODEL` + `VIEWER` / viewers (`benchmarks/areas.py` fits
the two and prints how often the intervals hold). The interval is that of a beta distribution with
the predicted mean and this variance, widened by half a fixation on either side.
"""

from __future__ import annotations

import math

from salmap.areas import AreaShare
from salmap.errors import AreaError

#: variance of a real share over p (1 - p): the model's part, and that of a single viewer
MODEL, VIEWER = 0.0235, 0.1404
#: the model's part on pictures unlike those that it learned from, as a multiple: fitted to 62
#: screens of web pages browsed by 20 viewers
UNFAMILIAR = 6.4
#: fixations that a viewer makes in three seconds, about: shares of a group come in steps
FIXATIONS = 10
#: how many viewers an interval is for, and how often it holds, where nobody says otherwise
VIEWERS, LEVEL = 10, 0.8


def spread(viewers: int = VIEWERS, unfamiliar: bool = False) -> float:
    """The variance of a real share over p (1 - p), in (0, 1).

    Args:
        viewers: how many viewers the real share is of.
        unfamiliar: whether the picture is unlike those that the model learned from.

    Raises:
        AreaError: if there is no viewer.
    """
    if viewers < 1:
        raise AreaError(f"An interval for {viewers} viewers makes no sense. Ask for 1 or more.")
    return min(0.9, MODEL * (UNFAMILIAR if unfamiliar else 1) + VIEWER / viewers)


def share_interval(
    share: float, viewers: int = VIEWERS, level: float = LEVEL, unfamiliar: bool = False
) -> tuple[float, float]:
    """Where the share of attention of some real viewers would fall.

    Args:
        share: the predicted one, in [0, 1].
        viewers: how many viewers.
        level: how often it shall hold, in (0, 1).
        unfamiliar: whether the picture is unlike those that the model learned from; then the
            interval is wider.

    Returns:
        (low, high) in [0, 1].

    Raises:
        AreaError: if there is no viewer or `level` is out of range.
    """
    from scipy.special import betaincinv  # noqa: PLC0415  (slow to import, and only for areas)

    if not 0 < level < 1:
        raise AreaError(f"The level of an interval lies between 0 and 1; {level} does not.")
    if share <= 0 or share >= 1:
        return (max(0.0, min(share, 1.0)),) * 2
    concentration = 1 / spread(viewers, unfamiliar) - 1
    a, b = share * concentration, (1 - share) * concentration
    tail = (1 - level) / 2
    low, high = float(betaincinv(a, b, tail)), float(betaincinv(a, b, 1 - tail))
    step = 0.5 / (FIXATIONS * viewers)  # half a fixation
    return max(0.0, low - step), min(1.0, high + step)


def interval_of(found: AreaShare) -> tuple[float, float]:
    """The interval of an area's share, for `VIEWERS` viewers at `LEVEL`."""
    return share_interval(found.share, unfamiliar=found.unfamiliar)


def difference_interval(
    first: float,
    second: float,
    viewers: int = VIEWERS,
    level: float = LEVEL,
    unfamiliar: bool = False,
) -> tuple[float, float]:
    """Where the difference of two shares of attention would fall: the second minus the first.

    Each of two groups of real viewers sees one version. The intervals of both shares are combined
    as if the model's errors on the two were independent (MOVER: Zou and Donner 2008, Statistics in
    Medicine 27:1693). On two versions of one design the model errs alike, and what it errs alike
    falls out of the difference: so this interval is rather too wide than too narrow.

    Args:
        first, second: the predicted shares, in [0, 1].
        viewers: in each group.
        level: how often it shall hold, in (0, 1).
        unfamiliar: whether a version is unlike the pictures that the model learned from.

    Returns:
        (low, high) in [-1, 1].

    Raises:
        AreaError: if there is no viewer or `level` is out of range.
    """
    first_low, first_high = share_interval(first, viewers, level, unfamiliar)
    second_low, second_high = share_interval(second, viewers, level, unfamiliar)
    down = math.hypot(max(0, second - second_low), max(0, first_high - first))
    up = math.hypot(max(0, second_high - second), max(0, first - first_low))
    return max(-1.0, second - first - down), min(1.0, second - first + up)

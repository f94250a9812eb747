"""From gaze as a file counts it to fixations in pixels of the pictures, or a reason why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from salmap.errors import DoubtfulError
from salmap.fixations.frame import FIT, Frame, Origin, Reading, Unit
from salmap.fixations.gaze import Gaze, counted
from salmap.fixations.plausibility import (
    Shown,
    are_samples,
    check_outside,
    check_unit,
    lost_eyes,
)
from salmap.fixations.samples import detect_fixations
from salmap.types import Fixations

#: (height, width) of a picture; None if it can't be read
Size = tuple[int, int] | None


@dataclass(frozen=True, eq=False)
class Placed:
    """Fixations on pictures.

    Attributes:
        fixations: name of the picture as written -> fixations in its pixels.
        notes: what was done on the way, sentences for people.
        doubt: why no gain should be claimed on them; empty if nothing is unusual.
        names_images: whether the file says on which picture each fixation is.
    """

    fixations: Mapping[str, Fixations]
    notes: tuple[str, ...] = ()
    doubt: str = ""
    names_images: bool = False


def place(gaze: Gaze, sizes: Sequence[Size], reading: Reading) -> Placed:
    """The fixations of a file on its pictures.

    Args:
        gaze: what the file says.
        sizes: of `gaze.images`; rows on pictures without one are neither judged nor moved.
        reading: what the file's owner says about it.

    Raises:
        DoubtfulError: if it is not certain how positions are counted, with the likely cause.
        FixationsError: if fixations can't be detected in samples.
    """
    frame = reading.frame.over(gaze.frame)
    lost = lost_eyes(gaze, frame)
    gaze = gaze.rows(~lost).noted(
        counted(int(lost.sum()), "row", "0, 0 or another mark of lost eyes: left out.")
        if lost.any()
        else ""
    )
    height, width = _sides(gaze, sizes)
    known = np.isfinite(height)
    if frame.unit is None and not reading.frame.is_stated:
        check_unit(Shown(gaze.x[known], gaze.y[known], width[known], height[known]))
    x, y = to_pixels(gaze.x, gaze.y, width, height, frame)
    gaze = replace(gaze, x=np.where(known, x, gaze.x), y=np.where(known, y, gaze.y)).in_order()
    gaze = gaze.noted(_said(frame) if frame != Frame(Unit.PIXELS) else "")
    gaze = _as_fixations(gaze, sizes, reading)
    height, width = _sides(gaze, sizes)
    known = np.isfinite(height)
    shown = Shown(gaze.x[known], gaze.y[known], width[known], height[known])
    doubt = check_outside(shown, reading.frame.is_stated)
    return Placed(gaze.by_image(), gaze.notes, doubt)


def to_pixels(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    width: NDArray[np.float64],
    height: NDArray[np.float64],
    frame: Frame,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Positions in pixels of pictures, the origin being the center of the top-left one.

    Args:
        x, y: float64 (n,), counted as `frame` says.
        width, height: float64 (n,), of the picture of each.
        frame: what it leaves open is pixels, from the top left, at full size.
    """
    scale: float | NDArray[np.float64] = 1.0
    if frame.scale == FIT and frame.screen:
        scale = np.minimum(frame.screen[0] / width, frame.screen[1] / height)
    elif frame.scale is not None and frame.scale != FIT:
        scale = float(frame.scale)
    if frame.screen:
        wide, high = (np.full(len(x), side) for side in frame.screen)
    else:
        wide, high = width * scale, height * scale
    across, down = _on_area(x, y, wide, high, frame)
    if frame.offset:
        left, top = (np.full(len(x), side) for side in frame.offset)
    else:
        left, top = (wide - width * scale) / 2, (high - height * scale) / 2
    return (across - left) / scale - 0.5, (down - top) / scale - 0.5


def _on_area(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    wide: NDArray[np.float64],
    high: NDArray[np.float64],
    frame: Frame,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixels of the screen (or of the picture as shown) from its top-left corner, downwards."""
    per_x, per_y = {
        Unit.SHARES: (wide, high),
        Unit.PERCENT: (wide / 100, high / 100),
        Unit.NORM: (wide / 2, high / 2),
        Unit.HEIGHT: (high, high),
    }.get(frame.unit or Unit.PIXELS, (np.ones_like(wide), np.ones_like(high)))
    # the first pixel's center is half a pixel from the corner
    in_corner = frame.unit in (None, Unit.PIXELS) and not frame.is_centered
    half = 0.5 if in_corner else 0.0
    bottom = frame.origin is Origin.BOTTOM_LEFT
    from_left = wide / 2 if frame.is_centered else half
    from_top = high / 2 if frame.is_centered else high - half if bottom else half
    sign = -1 if frame.goes_up else 1
    return from_left + per_x * x, from_top + sign * per_y * y


def _sides(gaze: Gaze, sizes: Sequence[Size]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(height, width) of the picture of each row; NaN where it is not known."""
    table = np.array([size or (np.nan, np.nan) for size in sizes], np.float64).reshape(-1, 2)
    height, width = table[gaze.image].T
    return height, width


def _as_fixations(gaze: Gaze, sizes: Sequence[Size], reading: Reading) -> Gaze:
    """Fixations, detected if rows are samples; in order."""
    alike = gaze.is_samples or reading.rate_hz is not None or are_samples(gaze)
    if not alike:
        return gaze
    if reading.rate_hz is None and not np.isfinite(gaze.start_s).all():
        raise DoubtfulError(
            "From row to row the eyes hardly move: these are samples of the eyes, many for each "
            "fixation.",
            "Give their rate to have fixations detected: --gaze rate=60 (a second), or a column of "
            "times: --gaze start=HEADING.",
            ["rate=60"],
        )
    return detect_fixations(gaze, sizes, reading.rate_hz)


def _said(frame: Frame) -> str:
    """How positions were read, where it was not plain pixels."""
    return f"Positions were read as {', '.join(frame.settings())}." if frame.is_stated else ""

"""Fixations in samples of the eyes, detected by a library.

I-DT (Salvucci and Goldberg 2000) as pymovements implements it. It bounds how far samples disperse,
so it also serves webcams and trackers of 30 to 60 Hz, whose speeds from sample to sample are mostly
noise. One degree of visual angle is taken as `SIGMA_SHARE` of the picture's long side, as in
scores.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from salmap.errors import FixationsError
from salmap.fixations.gaze import Gaze, counted
from salmap.fixations.scoring import SIGMA_SHARE

#: shortest fixation, and the sum of the ranges of x and y within one: pymovements' defaults
MIN_DURATION_S = 0.1
MAX_DISPERSION_DEGREES = 1.0
_GAP = 5


def detect_fixations(
    gaze: Gaze, sizes: Sequence[tuple[int, int] | None], rate_hz: float | None = None
) -> Gaze:
    """The fixations in samples.

    Args:
        gaze: samples in pixels of the pictures, in order; with times unless a rate is given.
        sizes: (height, width) of `gaze.images`; samples on pictures without one are left out.
        rate_hz: samples a second; None takes it from the times.

    Raises:
        FixationsError: if pymovements is missing, the rate is too low, or there is no fixation.
    """
    step_s = 1 / rate_hz if rate_hz else _step_s(gaze)
    shortest = round(MIN_DURATION_S / step_s)
    if shortest < 2:
        raise FixationsError(
            f"There are {1 / step_s:.0f} samples a second, too few to detect fixations of "
            f"{MIN_DURATION_S:g} s. Bring fixations, or samples at 20 Hz or more."
        )
    found = []
    for start, end in _segments(gaze, step_s, timed=not rate_hz):
        size = sizes[gaze.image[start]]
        if size is not None and end - start >= shortest:
            degree_px = SIGMA_SHARE * max(size)
            positions = np.stack([gaze.x[start:end], gaze.y[start:end]], axis=1) / degree_px
            found += [(start + a, start + b) for a, b in _idt(positions, shortest)]
    if not found:
        raise FixationsError("No fixation was found in the samples. Check their unit and rate.")
    first = np.array([a for a, _ in found])
    begun = gaze.start_s[first] if not rate_hz else np.full(len(first), np.nan)
    note = (
        f"{counted(len(gaze), 'sample')} at {1 / step_s:.0f} Hz became "
        f"{counted(len(found), 'fixation')}: pymovements' I-DT, dispersion "
        f"{MAX_DISPERSION_DEGREES:g} degree ({SIGMA_SHARE:.0%} of the long side), at least "
        f"{1000 * MIN_DURATION_S:.0f} ms."
    )
    return replace(
        gaze.rows(first),
        x=np.array([gaze.x[a:b].mean() for a, b in found]),
        y=np.array([gaze.y[a:b].mean() for a, b in found]),
        start_s=begun,
        duration_s=np.array([(b - a) * step_s for a, b in found]),
        is_samples=False,
    ).noted(note)


def _idt(positions: NDArray[np.float64], shortest: int) -> Iterator[tuple[int, int]]:
    """(first, behind the last) sample of each fixation, from positions (n, 2) in degrees."""
    try:
        from pymovements.events import idt  # noqa: PLC0415  (heavy, and only for samples)
    except ImportError as error:
        raise FixationsError(
            "These are samples of the eyes, not fixations. To have fixations detected, install "
            "pymovements: pip install -r requirements-gaze.txt; or bring fixations."
        ) from error
    events = idt(positions, minimum_duration=shortest, dispersion_threshold=MAX_DISPERSION_DEGREES)
    onsets, offsets = events.frame["onset"].to_list(), events.frame["offset"].to_list()
    last = len(positions) - 1
    for onset, offset in zip(onsets, offsets, strict=True):
        yield onset, offset + 1 if offset == last else max(offset, onset + 1)


def _step_s(gaze: Gaze) -> float:
    """The time between samples, in seconds."""
    steps = np.diff(gaze.start_s)
    steps = steps[steps > 0]
    if not len(steps):
        raise FixationsError("The samples have no times that grow. Give their rate: --gaze rate=60")
    return float(np.median(steps))


def _segments(gaze: Gaze, step_s: float, timed: bool) -> Iterator[tuple[int, int]]:
    """First and behind the last row of each stretch of a viewer on a picture without a gap."""
    breaks = set(gaze.runs().tolist())
    if timed:
        steps = np.diff(gaze.start_s)
        breaks |= set((np.flatnonzero((steps > _GAP * step_s) | (steps < 0)) + 1).tolist())
    yield from itertools.pairwise(sorted(breaks))

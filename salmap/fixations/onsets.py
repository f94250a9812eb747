"""When fixations began, where the files give only how long they lasted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from salmap.timing import FIRST_S, SACCADE_S
from salmap.types import Fixations


def with_onsets(fixations: Fixations) -> Fixations:
    """The same fixations, with `start_s` in seconds after the picture appeared.

    Where it is known, it is kept. Else a viewer's first fixation is taken to begin after `FIRST_S`,
    and each other one `SACCADE_S` after the end of that before it: all fixations of a viewer must
    be there, those outside the picture too. It stays NaN where durations are unknown.
    """
    if np.isfinite(fixations.start_s).all():
        return fixations
    starts = fixations.start_s.copy()
    for viewer in np.unique(fixations.viewer):
        own = np.flatnonzero(fixations.viewer == viewer)
        own = own[np.argsort(fixations.order[own], kind="stable")]
        taken = fixations.duration_s[own[:-1]] + SACCADE_S
        starts[own] = FIRST_S + np.append(0, np.cumsum(taken))
    return replace(fixations, start_s=starts)

"""Synthetic viewers of one example picture: they show how scores work and measure nothing.

Each "viewer" starts near the middle, as people do, then hops between places
that were chosen by hand because faces, writing and objects usually draw attention.
"""

from __future__ import annotations

import numpy as np

#: title of the example picture that they "viewed", and its (height, width)
PICTURE = "Astronaut"
SIZE = (512, 512)
VIEWERS, FIXATIONS = 10, 8

#: x, y, spread in pixels, and how often a place is visited
_PLACES = np.array(
    [
        (223, 103, 16, 0.34),  # eyes
        (225, 145, 12, 0.14),  # mouth
        (412, 110, 26, 0.20),  # model of the shuttle
        (171, 386, 16, 0.13),  # round patch
        (304, 359, 11, 0.10),  # name
        (372, 432, 28, 0.09),  # helmet
    ]
)
_SEED = 1


def table() -> str:
    """Their fixations as a `fixations.csv` (`image,subject,x,y`), the same each time."""
    random = np.random.default_rng(_SEED)
    lines = ["image,subject,x,y"]
    for viewer in range(1, VIEWERS + 1):
        visits = random.choice(len(_PLACES), FIXATIONS, p=_PLACES[:, 3])
        centers, spreads = _PLACES[visits, :2], _PLACES[visits, 2]
        centers[0], spreads[0] = (SIZE[1] / 2, SIZE[0] / 2), 40
        places = random.normal(centers, spreads[:, None]).clip(0, np.array(SIZE[::-1]) - 1)
        lines += [f"{PICTURE},synthetic {viewer},{x:.1f},{y:.1f}" for x, y in places]
    return "\n".join(lines) + "\n"

"""Fixations drawn on a picture."""

from __future__ import annotations

import numpy as np

from salmap.render.fixations import with_fixations
from salmap.types import Fixations


def test_a_dot_lies_on_each_fixation_and_nowhere_else():
    stimulus = np.zeros((600, 960, 3), np.uint8)
    fixations = Fixations([0.0, 480.0], [0.0, 300.0], [0, 0], [0, 1])
    drawn = with_fixations(stimulus, fixations)
    assert drawn.shape == (300, 480, 3)
    assert drawn[150, 240].sum() > 300
    assert drawn[0, 0].sum() > 300
    assert (drawn.max(axis=2) > 40).sum() < 150
    assert stimulus.max() == 0


def test_dots_of_a_picture_that_is_shrunk_unevenly_stay_at_their_place():
    stimulus = np.zeros((5, 480 * 3, 3), np.uint8)  # 5 rows become 2
    fixations = Fixations([719.5], [4.0], [0], [0])
    drawn = with_fixations(stimulus, fixations)
    columns = drawn.max(axis=(0, 2)).nonzero()[0]
    assert columns.mean() == 239.5

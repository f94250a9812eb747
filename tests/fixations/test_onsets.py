"""When fixations began, from how long they lasted."""

from __future__ import annotations

import numpy as np

from salmap.fixations.onsets import FIRST_S, SACCADE_S, with_onsets
from salmap.types import Fixations


def fixations(**times) -> Fixations:
    """Of two viewers; those of the first are out of order."""
    place = np.arange(5.0)
    return Fixations(place, place, [0, 0, 0, 1, 1], [2, 0, 1, 0, 1], **times)


def test_each_begins_a_saccade_after_the_one_before_it():
    found = with_onsets(fixations(duration_s=[0.9, 0.2, 0.3, 0.5, 0.1]))
    second = FIRST_S + 0.2 + SACCADE_S
    expected = [
        second + 0.3 + SACCADE_S, FIRST_S, second, FIRST_S, FIRST_S + 0.5 + SACCADE_S,
    ]  # fmt: skip
    np.testing.assert_allclose(found.start_s, expected)


def test_what_is_known_is_kept():
    known = [0.8, 0.1, 0.4, 0.2, 0.6]
    np.testing.assert_array_equal(with_onsets(fixations(start_s=known)).start_s, known)


def test_what_nothing_tells_stays_unknown():
    found = with_onsets(fixations(duration_s=[0.9, 0.2, np.nan, 0.5, 0.1]))
    assert np.isnan(found.start_s).tolist() == [True, False, False, False, False]

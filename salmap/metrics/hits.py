"""Metrics of a map of any scale at the fixations: NSS and the areas under ROC curves."""

from __future__ import annotations

import numpy as np

from salmap.metrics.maps import Map, Measured, as_measured, at
from salmap.types import Fixations


def nss(saliency_map: Map | Measured, fixations: Fixations) -> float:
    """Normalized scanpath saliency (Peters, Iyer, Itti and Koch 2005, Vision Research 45:2397).

    The mean at the fixations of the map scaled to mean 0 and population standard deviation 1.

    Returns:
        0 at chance and for a constant map, which prefers no pixel; larger is better.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation falls on the picture.
    """
    measured = as_measured(saliency_map)
    values = at(measured.values, fixations)
    if measured.is_constant:
        return 0.0
    return float((values.mean(dtype=np.float64) - measured.mean) / measured.std)


def auc_judd(saliency_map: Map | Measured, fixations: Fixations) -> float:
    """Area under the ROC curve that tells fixated pixels from all pixels of the picture.

    The probability that a fixation's pixel has a larger value than a pixel drawn evenly from the
    whole picture, ties counting a half: exact, no jitter. As in the MIT/Tuebingen benchmark the
    negatives are all pixels, fixated ones included, and every value is a threshold; the older
    AUC-Judd code (Judd, Ehinger, Durand and Torralba 2009, ICCV) leaves the fixated pixels out and
    is larger by about the share of pixels that were fixated.

    Returns:
        In [0, 1]; 0.5 at chance and for a constant map.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation falls on the picture.
    """
    measured = as_measured(saliency_map)
    return _auc(at(measured.values, fixations), np.sort(measured.values, axis=None))


def shuffled_auc(
    saliency_map: Map | Measured, fixations: Fixations, nonfixations: Fixations
) -> float:
    """Area under the ROC curve that tells fixations from those on other pictures.

    It removes the reward for center bias alone (Tatler, Baddeley and Gilchrist 2005, Vision
    Research 45:643).

    Args:
        saliency_map: (H, W).
        fixations: where people looked on this picture.
        nonfixations: those on all other pictures of the set, each stretched to this
            picture's size; see `salmap.evaluation.truths.Nonfixations`.

    Returns:
        In [0, 1]; 0.5 at chance and for a constant map.

    Raises:
        DensityError: if the map is not (H, W) or not finite.
        FixationsError: if no fixation, or no nonfixation, falls on the picture.
    """
    values = as_measured(saliency_map).values
    return _auc(at(values, fixations), np.sort(at(values, nonfixations, "nonfixation")))


def _auc(positives: Map, ordered: Map) -> float:
    """Mann-Whitney's statistic, as a share: P(positive > negative) + P(equal) / 2.

    The negatives are in ascending order, and of the positives' dtype, which keeps ties exact.
    """
    below = np.searchsorted(ordered, positives, side="left")
    not_above = np.searchsorted(ordered, positives, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))

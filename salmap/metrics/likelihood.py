"""Metrics of a log density at the fixations: log likelihood and information gain."""

from __future__ import annotations

import numpy as np

from salmap.errors import DensityError
from salmap.metrics.maps import LogDensity, Map, as_log_density, at, check_same_shape
from salmap.types import Fixations


def log_likelihood(log_density: Map | LogDensity, fixations: Fixations) -> float:
    """Mean log density at the fixations, in nats per fixation.

    Args:
        log_density: (H, W), natural log, logsumexp 0; minus infinity means "never".
        fixations: where people looked.

    Returns:
        At most 0; minus infinity if the density is 0 at a fixation.

    Raises:
        DensityError: if `log_density` is not a log density.
        FixationsError: if no fixation falls on the picture.
    """
    values = as_log_density(log_density).values
    return float(at(values, fixations).mean(dtype=np.float64))


def information_gain(
    log_density: Map | LogDensity, baseline_log_density: Map | LogDensity, fixations: Fixations
) -> float:
    """How much better than a baseline the fixations are predicted, in bits per fixation.

    The difference of the two log likelihoods (Kuemmerer et al. 2015); 0 for the baseline itself.

    Args:
        log_density, baseline_log_density: (H, W), natural log, logsumexp 0.
        fixations: where people looked.

    Returns:
        Any number; minus infinity if `log_density` is, at a fixation.

    Raises:
        DensityError: if the shapes differ, one is not a log density, or the baseline gives a
            fixated pixel the probability 0, so that nothing can be compared with it.
        FixationsError: if no fixation falls on the picture.
    """
    model, prior = as_log_density(log_density), as_log_density(baseline_log_density)
    check_same_shape(model.values, prior.values)
    baseline = log_likelihood(prior, fixations)
    if np.isinf(baseline):
        raise DensityError(
            "The baseline gives a fixated pixel the probability 0; "
            "mix a little uniform density into it."
        )
    return (log_likelihood(model, fixations) - baseline) / float(np.log(2))

"""Scores of one prediction on one picture, as the MIT/Tuebingen benchmark defines them.

All are pure functions of numpy arrays. Maps are (H, W) of any float dtype and of any scale unless
a density (sums to 1) or log density (natural log of one) is asked for. Fixations outside the
picture are left out; if none is left, a `FixationsError` is raised. Several
fixations of one pixel count several times. To score one map in several ways, pass `Measured(map)`
instead of the map, or `LogDensity(map)` instead of a log density, so that what the metrics share
is worked out once; and `compare` gives `cc`, `sim` and `kl_divergence` in one pass.

`METRICS` lists the metrics that evaluations, reports and model cards show.

References: Kuemmerer, Wallis and Bethge 2015, PNAS 112:16054 (log likelihood, information gain);
Kuemmerer, Wallis and Bethge 2018, ECCV (the benchmark); Bylinskii, Judd, Oliva, Torralba and Durand
2019, TPAMI 41:740 (what each score means).
"""

from salmap.metrics.comparison import (
    KL_EPSILON,
    Comparison,
    cc,
    compare,
    kl_divergence,
    sim,
)
from salmap.metrics.hits import auc_judd, nss, shuffled_auc
from salmap.metrics.likelihood import information_gain, log_likelihood
from salmap.metrics.maps import Density, LogDensity, Measured
from salmap.metrics.table import GOLD_STANDARD_KEY, METRICS, Metric, Scored, Scores, heading

__all__ = [
    "GOLD_STANDARD_KEY",
    "KL_EPSILON",
    "METRICS",
    "Comparison",
    "Density",
    "LogDensity",
    "Measured",
    "Metric",
    "Scored",
    "Scores",
    "auc_judd",
    "cc",
    "compare",
    "heading",
    "information_gain",
    "kl_divergence",
    "log_likelihood",
    "nss",
    "shuffled_auc",
    "sim",
]

"""The parts of a network's readout that `salmap.hedge` needs, from its weight file."""

from __future__ import annotations

import math
from pathlib import Path

from salmap.hedge import Hedge
from salmap.weights.info import opened

_PRIOR, _WEIGHT = "finalizer.center_bias", "finalizer.center_bias_weight"
_UNIFORM = "finalizer.uniform_logit"


def read_hedge(weights: Path) -> Hedge | None:
    """Those of a network; None for a model that has no such readout."""
    with opened(weights) as file:
        if not {_PRIOR, _WEIGHT, _UNIFORM} <= set(file.keys()):
            return None
        prior, weight, logit = (file.get_tensor(name) for name in (_PRIOR, _WEIGHT, _UNIFORM))
    uniform = 1 / (1 + math.exp(-float(logit)))
    return Hedge((prior * float(weight)).astype("float32"), uniform)

"""What `salmap.hedge` needs of a network, from its weight file."""

from __future__ import annotations

import math
from pathlib import Path

from salmap.hedge import Hedge
from salmap.networks import NetworkConfig
from salmap.weights.info import ModelInfo, opened

_PRIOR, _WEIGHT = "finalizer.center_bias", "finalizer.center_bias_weight"
_UNIFORM = "finalizer.uniform_logit"


def read_hedge(weights: Path, info: ModelInfo) -> Hedge | None:
    """How a network is flattened on pages and designs; None for a model that has no such readout.

    Args:
        weights: its file.
        info: what that says of it.
    """
    with opened(weights) as file:
        if not {_PRIOR, _WEIGHT, _UNIFORM} <= set(file.keys()):
            return None
        prior, weight, logit = (file.get_tensor(name) for name in (_PRIOR, _WEIGHT, _UNIFORM))
    uniform = 1 / (1 + math.exp(-float(logit)))
    gain = NetworkConfig.from_json(info.config).page_gain
    return Hedge((prior * float(weight)).astype("float32"), uniform, gain)

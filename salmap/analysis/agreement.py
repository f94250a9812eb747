"""How predictions for one picture differ, and which models are worth comparing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from salmap import metrics
from salmap.analysis.trust import CENTER_BIAS_MODEL
from salmap.types import MapArray
from salmap.weights.registry import DEFAULT_MODEL, ModelEntry, Source

#: how many models are compared at once
FEWEST, MOST = 2, 4


@dataclass(frozen=True)
class Agreement:
    """How well two predictions a and b agree; see `salmap.metrics`.

    Attributes:
        cc: correlation, in [-1, 1].
        sim: share of attention in common, in [0, 1].
        kl_of_b: divergence of b from a in nats: the cost of believing b where a is right.
        kl_of_a: the other way round.
    """

    cc: float
    sim: float
    kl_of_b: float
    kl_of_a: float


def agreement(density_a: MapArray, density_b: MapArray) -> Agreement:
    """Compare two densities (H, W) of one picture.

    Raises:
        DensityError: if the sizes differ or a map is not finite.
    """
    likeness = metrics.compare(density_a, density_b)
    return Agreement(
        cc=likeness.cc,
        sim=likeness.sim,
        kl_of_b=likeness.kl,
        kl_of_a=metrics.kl_divergence(density_b, density_a),
    )


def is_baseline(entry: ModelEntry) -> bool:
    """Whether a model was built without learning from gaze what draws attention in a picture."""
    return entry.source is Source.BUILT_IN or entry.name == CENTER_BIAS_MODEL


def proposed(entries: Sequence[ModelEntry]) -> list[str]:
    """The models to compare first: two networks, the default one first, then baselines."""
    networks = sorted(
        (entry.name for entry in entries if not is_baseline(entry)),
        key=lambda name: (name != DEFAULT_MODEL, name),
    )
    return [*networks[:2], *(entry.name for entry in entries if is_baseline(entry))][:MOST]


def second_opinions(entries: Sequence[ModelEntry], model: str, most: int) -> list[str]:
    """Networks whose agreement with a model's prediction is worth checking.

    Baselines are left out: a network agrees with them most where it gains least
    (docs/strangers.md).

    Args:
        entries: the models at hand.
        model: the one that made the prediction; it is left out.
        most: the largest number of names to return.

    Returns:
        Names of networks, the user's own first.
    """
    others = [e for e in entries if e.name != model and not is_baseline(e)]
    others.sort(key=lambda e: (e.source is not Source.FOLDER, e.name))
    return [entry.name for entry in others][:most]

"""How predictions for one picture differ, and which models are worth comparing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from salmap import metrics
from salmap.analysis.trust import CENTER_BIAS_MODEL, usual_scores
from salmap.types import MapArray
from salmap.weights.info import ModelInfo
from salmap.weights.registry import DEFAULT_MODEL, ModelEntry, Source

#: how many models are compared at once
FEWEST, MOST = 2, 4
#: a model's information gain over that of another whose prediction it is asked about, at least
_GOOD = 0.8


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


def second_opinions(infos: Mapping[str, ModelInfo], model: str, most: int) -> list[str]:
    """Which models to ask whether they agree on a picture that a model was shown.

    Asked are networks whose own scores are good: on the data sets that both were scored on, at
    least `_GOOD` of the information gain of the model in question, or of the default model where
    that one comes without scores. Baselines are not among them: a network agrees with them most
    where it gains least (docs/strangers.md).

    Args:
        infos: what is known of the networks at hand, by name.
        model: the one that was shown the picture; never among the answers.
        most: how many names at most.

    Returns:
        Names, the best first.
    """
    own = _bits(infos.get(model)) or _bits(infos.get(DEFAULT_MODEL))
    ratios = {}
    for name, info in infos.items():
        theirs = _bits(info)
        common = own.keys() & theirs.keys()
        if name != model and common:
            ratios[name] = sum(theirs[d] for d in common) / sum(own[d] for d in common)
    good = [name for name, ratio in ratios.items() if ratio >= _GOOD]
    return sorted(good, key=lambda name: -ratios[name])[:most]


def _bits(info: ModelInfo | None) -> dict[str, float]:
    """Information gain by data set; "folder" is another one each time and tells nothing."""
    scores = usual_scores(info)
    return {one.dataset: one.bits for one in scores if one.dataset != "folder" and one.bits > 0}

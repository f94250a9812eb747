"""When people look where, according to a network: kept in one small file beside its weights."""

from __future__ import annotations

from pathlib import Path

from salmap.errors import WeightsError
from salmap.moves import DISTANCES, LAGS, Moves
from salmap.timing import EDGES_S, TERMS, Timing
from salmap.weights.beside import read_beside, write_beside
from salmap.weights.resolve import TIMING_SUFFIX

_DIMENSIONS = {"powers": 2, "center": 3, "counts": 2, "concentrations": 1}
_OF_MOVES = {"power": 1, "pulls": 2, "level": 1, "durations_s": 2}


def write_timing(weights: Path, timing: Timing) -> Path:
    """Write it beside the weight file that it belongs to; its path."""
    tensors = {name: getattr(timing, name) for name in _DIMENSIONS}
    moves = {name: getattr(timing.moves, name) for name in _OF_MOVES}
    return write_beside(weights, TIMING_SUFFIX, tensors | moves)


def read_timing(weights: Path) -> Timing | None:
    """What belongs to a weight file; None where there is nothing, or only of other weights.

    Raises:
        WeightsError: if the file beside it is damaged or holds something else.
    """
    tensors = read_beside(weights, TIMING_SUFFIX, _DIMENSIONS | _OF_MOVES)
    if tensors is None:
        return None
    rows = len(EDGES_S) - 1
    shapes = {name: values.shape for name, values in tensors.items()}
    viewers, quantiles = shapes["counts"][1], shapes["durations_s"][1]
    if shapes != {
        "powers": (rows, 2), "center": (rows, TERMS, TERMS), "counts": (rows, viewers),
        "concentrations": (rows,), "power": (1,), "pulls": (LAGS, len(DISTANCES) - 1),
        "level": (1,), "durations_s": (2, quantiles),
    }:  # fmt: skip
        raise WeightsError(
            f"The timing beside {weights.name} is of another Salmap: make it anew with "
            "'salmap train timing'."
        )
    moves = Moves(**{name: tensors.pop(name) for name in _OF_MOVES})
    return Timing(**tensors, moves=moves)

"""How much converted encoder weights differ from those on the Hub that should be the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from salmap.errors import WeightsError, listed
from salmap.weights.hub import fetch, parse

_COUNTER = "num_batches_tracked"  # only needed to train from scratch; some files lack them


@dataclass(frozen=True)
class Difference:
    """How the tensors of one part of a network, such as a block, differ between two files.

    Attributes:
        part: the start of their names.
        tensors: how many are in both files.
        largest: the largest absolute difference of two weights.
        tensor: where it is.
        magnitude: the largest absolute weight in the Hub's file, to compare it with.
    """

    part: str
    tensors: int
    largest: float
    tensor: str
    magnitude: float


@dataclass(frozen=True)
class Comparison:
    """Two files of encoder weights, compared.

    Attributes:
        repository: on the Hub.
        parts: in the order of the network.
        only_here: tensors that the Hub's file lacks.
        only_there: tensors that only the Hub's file has.
    """

    repository: str
    parts: tuple[Difference, ...]
    only_here: tuple[str, ...]
    only_there: tuple[str, ...]

    @property
    def worst(self) -> Difference:
        """The part with the largest difference."""
        return max(self.parts, key=lambda part: part.largest)


def compare(path: Path, repository: str = "") -> Comparison:
    """Fetch the Hub's file and compare.

    Args:
        path: a file that `salmap train convert` wrote.
        repository: `owner/name` on the Hub, perhaps with `@revision`; by default the one that the
            file names.

    Raises:
        WeightsError: if a file can't be read or fetched, the Hub has none of these weights, or a
            tensor has another shape there.
    """
    ours, metadata = _read(path)
    repository = repository or metadata.get("same_as", "")
    if not repository:
        source = metadata.get("source", "an unknown source")
        raise WeightsError(
            f"{path} (from {source}) does not say which file on the Hub has the same weights. Name "
            "one with --hub OWNER/NAME."
        )
    theirs, _ = _read(fetch(parse(repository)))
    both = [name for name in ours if name in theirs]
    if not both:
        raise WeightsError(
            f"{path} and {repository} have no tensor in common: they are different networks."
        )
    for name in both:
        if ours[name].shape != theirs[name].shape:
            raise WeightsError(
                f"{name} has the shape {tuple(ours[name].shape)} in {path}, but "
                f"{tuple(theirs[name].shape)} in {repository}: they are different networks."
            )
    parts: dict[str, list[str]] = {}
    for name in both:
        parts.setdefault(_part(name), []).append(name)
    return Comparison(
        repository,
        tuple(_difference(part, names, ours, theirs) for part, names in parts.items()),
        tuple(name for name in ours if name not in theirs),
        tuple(name for name in theirs if name not in ours),
    )


def report(comparison: Comparison) -> list[str]:
    """The comparison in lines of text."""
    width = max(len(part.part) for part in comparison.parts)
    lines = [f"{'part':{width}}  tensors  largest difference  largest weight"]
    lines += [
        f"{part.part:{width}}  {part.tensors:7}  {part.largest:18.3g}  {part.magnitude:14.3g}"
        for part in comparison.parts
    ]
    for names, where in (
        (comparison.only_here, "this file"),
        (comparison.only_there, comparison.repository),
    ):
        if names:
            lines.append(f"Only in {where}: {listed(names)}.")
    worst = comparison.worst
    lines.append(
        f"Largest difference from {comparison.repository}: {worst.largest:.3g}, in {worst.tensor}."
        if worst.largest
        else f"All weights equal those of {comparison.repository}."
    )
    return lines


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors sorted by name, with numbers in names sorted as numbers; and the metadata."""
    try:
        with safe_open(path, "pt") as file:
            names = [name for name in file.keys() if not name.endswith(_COUNTER)]  # noqa: SIM118
            tensors = {name: file.get_tensor(name) for name in sorted(names, key=_order)}
            return tensors, file.metadata() or {}
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} can't be read as safetensors: {error}.") from error


def _order(name: str) -> list[tuple[bool, int, str]]:
    words = name.split(".")
    return [(w.isdigit(), int(w) if w.isdigit() else 0, w) for w in words]


def _part(name: str) -> str:
    """`blocks.11.attn.qkv.weight` -> `blocks.11`; `conv_stem.weight` -> `conv_stem`."""
    first, *rest = name.split(".")
    return f"{first}.{rest[0]}" if rest and rest[0].isdigit() else first


def _difference(
    part: str, names: list[str], ours: dict[str, Tensor], theirs: dict[str, Tensor]
) -> Difference:
    apart = {
        name: (ours[name].double() - theirs[name].double()).abs().nan_to_num(torch.inf).max()
        for name in names
    }
    worst = max(names, key=lambda name: float(apart[name]))
    magnitude = max(float(theirs[name].abs().max()) for name in names)
    return Difference(part, len(names), float(apart[worst]), worst, magnitude)

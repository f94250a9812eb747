"""Which pictures are for training, which for validation: the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from salmap.errors import DatasetError

#: names of the pictures in each split; those in neither are in "test"
SplitNames: TypeAlias = Mapping[str, frozenset[str]]
COMMITTED = Path(__file__).with_name("splits.json")
VAL_SHARE = 0.1


def read_splits(path: Path, dataset: str) -> SplitNames:
    """The split of one data set from a file {"train": {DATASET: [NAME...]}, "val": {...}}.

    Raises:
        DatasetError: if the file is missing or not of this form, does not name the data set, or has
            a picture in both splits.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"The splits file {path} can't be read: {error}") from error
    form = '{"train": {DATASET: [NAME, ...]}, "val": {DATASET: [NAME, ...]}}'
    try:
        names = {s: _name_set(content[s].get(dataset, ())) for s in ("train", "val")}
    except (KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f"The splits file {path} must have the form {form}.") from error
    if not any(names.values()):
        raise DatasetError(f"The splits file {path} has no pictures of the data set {dataset!r}.")
    both = sorted(names["train"] & names["val"])
    if both:
        raise DatasetError(
            f"The splits file {path} has {len(both)} pictures of {dataset!r} in both train and "
            f"val, such as {both[0]}. Keep each picture in one of them."
        )
    return names


def _name_set(names: object) -> frozenset[str]:
    if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
        raise TypeError
    return frozenset(names)


def hashed_split(names: Iterable[str], val_share: float = VAL_SHARE) -> SplitNames:
    """A split by the SHA-256 of each name, so that adding pictures moves none between splits.

    About `val_share` of them are for validation, and at least one where there are two or more.
    """
    ranked = sorted((_hash_share(name), name) for name in names)
    val = [name for share, name in ranked if share < val_share]
    if not val and len(ranked) > 1:
        val = [ranked[0][1]]
    if len(val) == len(ranked):
        val = val[:-1]
    return split_from_val(frozenset(val), (name for _, name in ranked))


def _hash_share(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def every_tenth(names: Iterable[str]) -> frozenset[str]:
    """The first of every ten names in sorted order."""
    return frozenset(sorted(names)[::10])


def split_from_val(val: frozenset[str], names: Iterable[str]) -> SplitNames:
    """The split whose validation pictures are `val`; all others are for training."""
    return {"train": frozenset(names) - val, "val": val}

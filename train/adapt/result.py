"""The result of adapting a model to viewers, in numbers and in words."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salmap.evaluation.intervals import Interval
from salmap.models.readout import Finalizer

#: a gain below this, in bits per fixation, is called small
LITTLE_BITS = 0.05


@dataclass(frozen=True)
class Setting:
    """A number of the finalizer that a fit changes.

    Attributes:
        name: what it means, in words.
        before, after: its values.
    """

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Adaptation:
    """The result of adapting a model, measured on pictures that it was not fitted to.

    Attributes:
        pictures, fixations: how many it was fitted to.
        scores: "ig" (bits per fixation over these viewers' center bias) and "nss", each as
            (before, after, gain): cross-validated means with 95 % intervals over pictures.
        settings: the finalizer's numbers, before and after.
        path: the written file; None if there was no gain.
        failures: for each picture that could not be used, its name and what is wrong.
        trained_on: how many of the pictures the model itself was trained on, as far as is known. It
            is surer about those than about new ones, so a gain on them says nothing.
        outside: how many fixations fell outside their pictures and were left out.
        doubt: why the fixations may be wrong, if something about them is unusual: then no gain is
            claimed.
    """

    pictures: int
    fixations: int
    scores: dict[str, tuple[Interval, Interval, Interval]]
    settings: tuple[Setting, ...]
    path: Path | None
    failures: dict[str, str]
    trained_on: int = 0
    outside: int = 0
    doubt: str = ""

    @property
    def gain(self) -> Interval:
        """Information gain after minus before, in bits per fixation."""
        return self.scores["ig"][2]

    @property
    def gained(self) -> bool:
        """Whether the interval of the gain lies above 0, on pictures that are new to the model.

        Never where the fixations themselves are in doubt.
        """
        return self.gain.low > 0 and not self.trained_on and not self.doubt

    @property
    def summary(self) -> str:
        """The result in plain words."""
        before, after, gain = self.scores["ig"]
        numbers = (
            f"On {self.pictures} pictures, each left out of the fit in turn, information gain "
            f"over the center bias of these viewers went from {before.mean:.2f} to "
            f"{after.mean:.2f} bits per fixation: {gain.mean:+.3f}, 95 % interval {gain.low:+.3f} "
            f"to {gain.high:+.3f}."
        )
        if self.outside:
            numbers += f" {self.outside:,} fixations fell outside their pictures and were left out."
        if self.doubt:
            return (
                f"No gain can be claimed: {self.doubt} Check how the table is counted first. "
                f"{numbers}"
            )
        if self.gained:
            return f"Adapting helps{' a little' if gain.mean < LITTLE_BITS else ''}. {numbers}"
        if self.trained_on:
            return (
                f"No gain can be claimed: the model was trained on {self.trained_on} of these "
                f"pictures, so they say little about new ones. Use other pictures. {numbers}"
            )
        if gain.high < 0:
            return f"Adapting makes this model worse for these viewers. {numbers}"
        return (
            f"No gain can be shown: the model already predicts these viewers well, or there are "
            f"too few pictures to tell. {numbers}"
        )

    def event(self) -> dict[str, Any]:
        """All of it as JSON values, for a log."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self), default=str))
        return {
            "model": values.pop("path"),
            "summary": self.summary,
            "gained": self.gained,
        } | values


def compare_settings(before: Finalizer, after: Finalizer) -> tuple[Setting, ...]:
    """The numbers that mean something to people; the prior's weight is part of its map."""
    read: dict[str, Callable[[Finalizer], float]] = {
        "blur, share of the long side": lambda f: float(f.log_sigma.exp()),
        "gain": lambda f: float(f.log_gain.exp()),
        "uniform share": lambda f: float(f.uniform_logit.sigmoid()),
    }
    return tuple(Setting(name, value(before), value(after)) for name, value in read.items())

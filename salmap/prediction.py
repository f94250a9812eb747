"""What a model predicts for one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from salmap.areas import Area, AreaShare, area_shares
from salmap.content import Content
from salmap.density import resize_log_density
from salmap.errors import DensityError, TimingError
from salmap.moves import Moves, coarse
from salmap.regions import top_regions
from salmap.scanpaths import Scanpath, sample, typical
from salmap.screens import Screens
from salmap.timing import SEEN_S, Timing
from salmap.types import Region

#: long side, in pixels, of copies on which it is seen how a density changes with time
_COPY_SIDE = 1000


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a model predicts for one picture.

    Attributes:
        log_density: float32 (H, W) at the picture's own size, natural log, logsumexp 0.
        model: name of the model that predicted it.
        screens: how the picture was cut, if it was analyzed screen by screen; then the density
            gives every screen about the same attention (see `salmap.screens`).
        notes: sentences for people on what to know of it, such as that there is nothing to see.
        unfamiliarity: how unlike the pictures that the model learned from this one is, from 0;
            above 1 it is of another kind. None where that is unknown; see
            `salmap.weights.familiarity`.
        source: the same on the model's own grid, which `at` and `until` need; None where the
            prediction was not made by a model, or is one for a moment already.
        content: how it was analyzed, as a "photo" or as a "page"; see `salmap.content`.

    Raises:
        DensityError: if `log_density` is not an (H, W) array of numbers that are finite or minus
            infinity.
    """

    log_density: NDArray[np.float32]
    model: str
    screens: Screens | None = None
    notes: tuple[str, ...] = ()
    unfamiliarity: float | None = None
    source: GridPrediction | None = None
    content: Content = "photo"

    def __post_init__(self) -> None:
        if self.log_density.ndim != 2 or self.log_density.size == 0:
            raise DensityError(f"A log density has the shape (H, W), not {self.log_density.shape}.")
        if np.isnan(self.log_density).any():
            raise DensityError("A log density must not contain NaN.")

    @property
    def is_unfamiliar(self) -> bool | None:
        """Whether the picture is unlike those that the model learned from; None where unknown."""
        return is_unfamiliar(self.unfamiliarity)

    @property
    def has_scanpaths(self) -> bool:
        """Whether it is known in which order people view, so that `scanpaths` are to be had."""
        return self.source is not None and self.source.has_scanpaths

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.log_density.shape
        return height, width

    @property
    def density(self) -> NDArray[np.float32]:
        """float32 (H, W): the probability that a fixation falls on each pixel; sums to 1."""
        return np.exp(self.log_density)

    def regions(self, k: int = 5) -> Sequence[Region]:
        """The `k` most salient regions, largest share first; see `salmap.regions.top_regions`."""
        return top_regions(self.density, k)

    def areas(self, areas: Sequence[Area]) -> Sequence[AreaShare]:
        """How much attention each area of interest draws; see `salmap.areas.area_shares`.

        Where it is known when people look where, and the picture is not unlike those that the
        model learned from, each says how likely it is seen within 1, 2 and 3 seconds.
        """
        found = area_shares(self.density, areas, bool(self.is_unfamiliar))
        if self.source is None or self.source.timing is None or self.is_unfamiliar:
            return found
        shares = zip(*self._early_shares(self.source, areas, found), strict=True)
        seen = (map(self.source.timing.seen, early, SEEN_S) for early in shares)
        return [replace(one, seen=tuple(each)) for one, each in zip(found, seen, strict=True)]

    def _early_shares(
        self, source: GridPrediction, areas: Sequence[Area], found: Sequence[AreaShare]
    ) -> Iterator[list[float]]:
        """Shares of the densities up to `SEEN_S`: how they change shows on a small copy as well."""
        shrink = min(1.0, _COPY_SIDE / max(self.size))
        size = max(1, round(self.size[0] * shrink)), max(1, round(self.size[1] * shrink))
        masks = [area.scaled(self.size, size).mask(size) for area in areas]
        usual = source.full(size, self.model).density
        before = [float(usual[mask].sum()) for mask in masks]
        for seconds in SEEN_S:
            early = source.until(seconds).full(size, self.model).density
            yield [
                min(1.0, one.share * float(early[mask].sum()) / all_times)
                if all_times
                else one.share
                for one, mask, all_times in zip(found, masks, before, strict=True)
            ]

    def at(self, seconds: float) -> Prediction:
        """Where people look at one moment: the density of the fixations that begin about then.

        The densities of 0 to 0.5, 0.5 to 1, 1 to 2 and 2 to 3 seconds are known, each the same
        from its beginning to its end. They were measured on photographs viewed freely.

        Args:
            seconds: since the picture appeared, more than 0 and at most 3.

        Raises:
            TimingError: if it is another moment, if the model knows nothing of time, or if the
                picture was analyzed screen by screen.
        """
        return self._of_moment(self._source().at(seconds))

    def until(self, seconds: float) -> Prediction:
        """Where people look up to a moment: the density of all fixations that begin before.

        `until(3)` is about the prediction itself, which is for three seconds of viewing.

        Args:
            seconds: as for `at`.

        Raises:
            TimingError: as for `at`.
        """
        return self._of_moment(self._source().until(seconds))

    def scanpaths(self, n: int = 20, seconds: float = 3.0, seed: int = 0) -> list[Scanpath]:
        """What viewers may do who see the picture for the first time, drawn by chance.

        The density of each moment says where fixations may fall; where they follow one another,
        and how long they last, is as people who viewed photographs freely have done. How like
        those of people they are is told in docs/scanpaths.md.

        Args:
            n: how many viewers.
            seconds: how long they see it, at most 3.
            seed: the same one gives the same scanpaths.

        Raises:
            TimingError: if there would be none, if `seconds` is too short or too long, if the model
                knows nothing of time, if the picture was analyzed screen by screen, or if it is
                not one of the photographs on which scanpaths were measured.
        """
        if n < 1:
            raise TimingError(f"Ask for at least one scanpath, not for {n}.")
        random = np.random.default_rng(seed)
        return sample(*self._source().order(), self.size, n, seconds, random)

    def typical_scanpath(self, seconds: float = 3.0) -> Scanpath:
        """The one scanpath that is most like those of people: see `salmap.scanpaths.typical`.

        Args:
            seconds: as for `scanpaths`.

        Raises:
            TimingError: as for `scanpaths`.
        """
        return typical(*self._source().order(), self.size, seconds)

    def _source(self) -> GridPrediction:
        if self.source is None:
            raise TimingError(
                "This prediction says nothing about other moments. Ask the one that a model made "
                "of the picture."
            )
        return self.source

    def _of_moment(self, found: GridPrediction) -> Prediction:
        return replace(found.full(self.size, self.model), source=None)


@dataclass(frozen=True, eq=False)
class GridPrediction:
    """A prediction on the model's own grid: small enough to keep.

    Attributes:
        grid: float32 (h, w), log density up to a constant.
        screens, notes, unfamiliarity, content: see `Prediction`.
        timing: what the model knows of time; None if it knows nothing, or if the picture was
            analyzed screen by screen.
    """

    grid: NDArray[np.float32]
    screens: Screens | None = None
    notes: tuple[str, ...] = ()
    unfamiliarity: float | None = None
    timing: Timing | None = None
    content: Content = "photo"

    @property
    def is_unfamiliar(self) -> bool | None:
        """See `Prediction`."""
        return is_unfamiliar(self.unfamiliarity)

    @property
    def has_scanpaths(self) -> bool:
        """See `Prediction`."""
        return self.timing is not None and not self.is_unlike_photographs

    @property
    def is_unlike_photographs(self) -> bool:
        """Whether the picture is of another kind than those on which scanpaths were measured."""
        return bool(self.is_unfamiliar) or self.content == "page"

    def full(self, size: tuple[int, int], model: str) -> Prediction:
        """The prediction of a model of this name for a picture of (height, width)."""
        log_density = resize_log_density(self.grid, size)
        return Prediction(
            log_density, model, self.screens, self.notes, self.unfamiliarity, self, self.content
        )

    def at(self, seconds: float) -> GridPrediction:
        """See `Prediction.at`."""
        return replace(self, grid=self._known().at(self.grid, seconds), timing=None)

    def until(self, seconds: float | None) -> GridPrediction:
        """See `Prediction.until`; None for all the time."""
        if seconds is None:
            return self
        return replace(self, grid=self._known().until(self.grid, seconds), timing=None)

    def order(self) -> tuple[list[NDArray[np.float32]], Moves]:
        """What scanpaths are made from: the log density of each stretch of time, on few cells, and
        how eyes move.

        Raises:
            TimingError: see `Prediction.scanpaths`.
        """
        timing = self._known()
        if self.is_unlike_photographs:
            raise TimingError(
                "In which order people view is not known for pages, designs and other pictures "
                "unlike the photographs on which scanpaths were measured."
            )
        return timing.moments(coarse(self.grid)), timing.moves

    def _known(self) -> Timing:
        if self.screens is not None:
            raise TimingError(
                "When people look where is not known for a picture that was analyzed screen by "
                "screen. Give one screen of it as a picture."
            )
        if self.timing is None:
            raise TimingError(
                "This model does not know when people look where. Use lite or another one that "
                "does; 'salmap train timing' measures it for a network."
            )
        return self.timing


def is_unfamiliar(unfamiliarity: float | None) -> bool | None:
    """See `Prediction`."""
    return None if unfamiliarity is None else unfamiliarity > 1

"""Pictures that no screen shows at once: cut into screens, and the screens' densities joined.

Models learned from pictures up to twice as long as wide; shown a web page of twelve screens whole,
they see a strip a few pixels wide and expect everybody to look at its middle. So such a picture is
analyzed a screen at a time, at places a third of a screen apart, so that what one place cuts off
stands whole in the next. Where two places overlap, the one counts most in which a row is nearer to
the middle; so neither edges nor the habit of looking at the middle repeat themselves as stripes.

The joined density tells where people look while each screen is shown, and gives every screen about
the same attention, wherever it begins: how far people scroll, and how long they stay, is not known
from a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from salmap.density import log_normalize
from salmap.errors import ImageError

#: how many times as long as wide a picture may be to be shown whole: the longest screens of phones
#: (21:9) and films for wide screens (2.39:1) are
LONGEST = 2.4
#: pixels across; what is thinner is a line or a strip of something, not a page
NARROWEST = 32
#: most screens of one picture
MOST = 40

#: a screen's length along a tall and a wide picture, as a multiple of the short side: the shape of
#: most pictures that models learned from
_TALL, _WIDE = 3 / 4, 4 / 3
#: places at which each screen's worth of the picture is analyzed
_PLACES = 3
_ROUNDS = 3  # of making the screens' attention alike; it is within a tenth then


@dataclass(frozen=True)
class Screens:
    """How a long picture is cut into screens, along its long side, from the top or the left.

    Attributes:
        size: (height, width) of the picture, in pixels.
        length_px: of a screen; the last one may be shorter.
    """

    size: tuple[int, int]
    length_px: int

    @property
    def are_stacked(self) -> bool:
        """Whether the picture is tall: its screens lie below each other, else side by side."""
        return self.size[0] > self.size[1]

    @property
    def folds(self) -> tuple[int, ...]:
        """Where a screen ends and the next begins: the first row, or column, of the next."""
        return tuple(range(self.length_px, max(self.size), self.length_px))

    @property
    def screen_size(self) -> tuple[int, int]:
        """(height, width) of a screen."""
        across = min(self.size)
        return (self.length_px, across) if self.are_stacked else (across, self.length_px)

    @property
    def note(self) -> str:
        """What people should know of a prediction that was made so."""
        long, short = ("tall", "wide") if self.are_stacked else ("wide", "tall")
        times = max(self.size) / min(self.size)
        return (
            f"This picture is {times:.1f} times as {long} as {short}, so it was analyzed as "
            f"{len(self.folds) + 1} screens of {self.length_px} pixels. Shares say where people "
            "look if every screen is shown equally long, not how far they scroll."
        )

    def places(self, cells: int) -> list[tuple[int, slice]]:
        """Where a screen's worth of the picture is analyzed.

        Args:
            cells: of the model's grid along a screen.

        Returns:
            For each place its first cell on the joined grid, and its pixels along the long side.
        """
        length, total = max(self.size), self.cells(cells)
        steps = int(np.ceil(_PLACES * (total - cells) / cells))
        firsts = np.linspace(0, total - cells, steps + 1).round().astype(int).tolist()
        starts = [min(round(first * length / total), length - self.length_px) for first in firsts]
        return [
            (first, slice(start, start + self.length_px))
            for first, start in zip(firsts, starts, strict=True)
        ]

    def cells(self, cells: int) -> int:
        """How many cells the joined grid has along the long side."""
        return max(cells, round(max(self.size) / self.length_px * cells))


def screens_of(size: tuple[int, int], screen_px: int | None = None) -> Screens | None:
    """How a picture of (height, width) is cut into screens; None if it is shown whole.

    Args:
        size: of the picture.
        screen_px: a screen's height on a tall picture and its width on a wide one; by default
            screens of about 4 to 3, all of one length. A picture that is not longer is shown whole.

    Raises:
        ImageError: if `screen_px` is so short that there would be more than `MOST` screens.
    """
    long, short = max(size), min(size)
    shortest = -(-long // MOST)
    if screen_px is not None and screen_px < 1:
        raise ImageError(f"A screen of {screen_px} pixels shows nothing. Give 1 or more.")
    if long <= LONGEST * short or short < NARROWEST:
        return None
    if screen_px is None:
        usual = short * (_TALL if size[0] > size[1] else _WIDE)
        return Screens(size, -(-long // min(MOST, max(2, round(long / usual)))))
    if screen_px < shortest:
        raise ImageError(
            f"A picture {long} pixels long has more than {MOST} screens of {screen_px} pixels. "
            f"Give a screen of {shortest} or more."
        )
    return Screens(size, screen_px) if screen_px < long else None


def join(screens: Screens, grids: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The log density of the whole picture, on the joined grid, with logsumexp 0.

    Args:
        screens: how the picture was cut.
        grids: float32 (h, w) each: log densities up to a constant, in the order of
            `Screens.places`.
    """
    upright = [grid if screens.are_stacked else grid.T for grid in grids]
    cells, across = upright[0].shape
    places = screens.places(cells)
    density = np.zeros((screens.cells(cells), across))
    weights = np.zeros((len(density), 1))
    middle = np.sin(np.pi * (np.arange(cells) + 0.5) / cells) ** 2
    for number, ((first, _), grid) in enumerate(zip(places, upright, strict=True)):
        weight = middle.copy()
        if number == 0:
            weight[: cells // 2] = 1  # nothing else shows the picture's beginning, or its end
        if number == len(places) - 1:
            weight[cells // 2 :] = 1
        rows = slice(first, first + cells)
        density[rows] += weight[:, None] * np.exp(log_normalize(grid))
        weights[rows] += weight[:, None]
    joined = density / weights
    joined *= _gains(joined.sum(1), cells)[:, None]
    log_density = log_normalize(np.log(np.maximum(joined, np.finfo(np.float32).tiny)))
    return log_density if screens.are_stacked else np.ascontiguousarray(log_density.T)


def _gains(mass: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """What each row is multiplied by so that a screen gets the same attention wherever it begins.

    The gains are those of a whole screen around a row, blurred, so that no fold shows.

    Args:
        mass: (n,) attention of each row.
        cells: rows of a screen.
    """
    gains = np.ones(len(mass))
    window = (1, max(1, cells // 2))
    starts = np.clip(np.arange(len(mass)) - cells // 2, 0, len(mass) - cells)
    for _ in range(_ROUNDS):
        summed = np.append(0, np.cumsum(mass * gains))
        on_screen = summed[starts + cells] - summed[starts]
        gains /= on_screen / on_screen.mean()
        smooth = cv2.blur(gains[:, None], window, borderType=cv2.BORDER_REPLICATE)
        gains = np.asarray(smooth[:, 0], np.float64)
    return gains

"""What a file says of where people looked, before it is placed on pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.errors import FixationsError, listed
from salmap.fixations.frame import Frame
from salmap.types import UNKNOWN_VIEWER, Fixations


@dataclass(frozen=True, eq=False)
class Gaze:
    """Fixations, or samples of the eyes, on named pictures.

    Attributes:
        images: names of the pictures as written; ("",) where the file names none.
        image: int64 (n,), which of them each row is on.
        viewers: names of the viewers in alphabetical order; () where the file names none.
        viewer: int64 (n,), which of them each row is of; else `UNKNOWN_VIEWER`.
        x, y: float64 (n,), finite, counted as `frame` says.
        start_s, duration_s: float64 (n,), in seconds; NaN where unknown.
        line: int64 (n,), the row of the file, from 1; 0 where there is none.
        frame: how positions are counted, as far as the file says.
        is_samples: whether rows are samples of the eyes, not fixations.
        source: what the file is ("a Tobii Pro Lab export"); empty for a plain table.
        notes: what was done in reading, sentences for people.
        is_numbered: whether `images` are places in a list of pictures that is not in the file.
    """

    images: tuple[str, ...]
    image: NDArray[np.int64]
    viewers: tuple[str, ...]
    viewer: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    start_s: NDArray[np.float64]
    duration_s: NDArray[np.float64]
    line: NDArray[np.int64]
    frame: Frame = field(default_factory=Frame)
    is_samples: bool = False
    source: str = ""
    notes: tuple[str, ...] = ()
    is_numbered: bool = False

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, keep: NDArray[Any]) -> Gaze:
        """Some of the rows, by a mask or by their places."""
        chosen = {f.name: getattr(self, f.name)[keep] for f in fields(self) if f.name in _BY_ROW}
        return replace(self, **chosen)

    def noted(self, *notes: str) -> Gaze:
        """The same with more notes; empty ones are left out."""
        return replace(self, notes=(*self.notes, *filter(None, notes)))

    def on(self, pictures: Mapping[str, str]) -> Gaze:
        """The rows on images that mean a picture, under the pictures' names.

        Args:
            pictures: image as written -> picture.
        """
        names = tuple(dict.fromkeys(pictures.values()))
        place = {name: number for number, name in enumerate(names)}
        new = np.array([place.get(pictures.get(image, ""), -1) for image in self.images], np.int64)
        meant = replace(self, images=names, image=new[self.image])
        return meant.rows(meant.image >= 0)

    def in_order(self) -> Gaze:
        """Rows by picture, viewer and time; in the order of the file where times are unknown."""
        time = self.start_s if np.isfinite(self.start_s).all() else np.zeros(len(self))
        return self.rows(np.lexsort((time, self.viewer, self.image)))

    def runs(self) -> NDArray[np.int64]:
        """Where each viewer's rows on a picture begin and end, (n_runs + 1,); rows in order."""
        if not len(self):
            return np.zeros(1, np.int64)
        changes = (np.diff(self.image) != 0) | (np.diff(self.viewer) != 0)
        return np.concatenate([[0], np.flatnonzero(changes) + 1, [len(self)]])

    def by_image(self) -> dict[str, Fixations]:
        """Name as written -> fixations, grouped by viewer, in the order of viewing."""
        ordered = self.in_order()
        runs = ordered.runs()
        order = np.arange(len(self)) - np.repeat(runs[:-1], np.diff(runs))
        order[ordered.viewer == UNKNOWN_VIEWER] = 0
        every = Fixations(
            ordered.x, ordered.y, ordered.viewer, order, ordered.start_s, ordered.duration_s
        )
        ends = np.searchsorted(ordered.image, np.arange(len(self.images) + 1))
        return {
            name: every.select(np.arange(ends[i], ends[i + 1]))
            for i, name in enumerate(self.images)
            if ends[i] < ends[i + 1]
        }


def gaze_of_rows(
    rows: Sequence[tuple[str, str, float, float, float, float]],
    frame: Frame,
    source: str,
    is_samples: bool = False,
) -> Gaze:
    """Gaze from (image, viewer, x, y, start_s, duration_s) of each row; viewers may be "".

    Rows without a finite position are left out.
    """
    images = tuple(dict.fromkeys(row[0] for row in rows))
    viewers = tuple(sorted({row[1] for row in rows} - {""}))
    image_place = {name: number for number, name in enumerate(images)}
    viewer_place = {name: number for number, name in enumerate(viewers)}
    x, y, start_s, duration_s = np.array([row[2:] for row in rows], np.float64).reshape(-1, 4).T
    gaze = Gaze(
        images,
        np.array([image_place[row[0]] for row in rows], np.int64),
        viewers,
        np.array([viewer_place.get(row[1], UNKNOWN_VIEWER) for row in rows], np.int64),
        x,
        y,
        start_s,
        duration_s,
        np.zeros(len(rows), np.int64),
        frame,
        is_samples,
        source,
    )
    return gaze.rows(np.isfinite(gaze.x) & np.isfinite(gaze.y))


def join(parts: Sequence[tuple[str, Gaze]]) -> Gaze:
    """Several files as one; a file that names no viewer is of one viewer.

    Args:
        parts: name and gaze of each file, at least one.

    Raises:
        FixationsError: if some hold samples and others fixations, or they count differently.
    """
    if len(parts) == 1:
        return parts[0][1]
    kinds = {(gaze.is_samples, gaze.frame, gaze.source) for _, gaze in parts}
    if len(kinds) > 1:
        names = [name for name, _ in parts]
        raise FixationsError(f"{listed(names)} are of different kinds. Keep files of one kind.")
    named = [(gaze.viewers or (name,), np.maximum(gaze.viewer, 0), gaze) for name, gaze in parts]
    viewers = tuple(sorted({viewer for names, _, _ in named for viewer in names}))
    images = tuple(dict.fromkeys(image for _, gaze in parts for image in gaze.images))

    def together(name: str) -> Any:
        return np.concatenate([getattr(gaze, name) for _, gaze in parts])

    return replace(
        parts[0][1],
        images=images,
        image=_renumbered([(gaze.images, gaze.image) for _, gaze in parts], images),
        viewers=viewers,
        viewer=_renumbered([(names, codes) for names, codes, _ in named], viewers),
        notes=tuple(dict.fromkeys(note for _, gaze in parts for note in gaze.notes)),
        **{name: together(name) for name in _BY_ROW - {"image", "viewer"}},
    )


def _renumbered(
    parts: Sequence[tuple[Sequence[str], NDArray[np.int64]]], names: Sequence[str]
) -> NDArray[np.int64]:
    """Codes into each part's own names as codes into all names."""
    place = {name: number for number, name in enumerate(names)}
    return np.concatenate(
        [np.array([place[name] for name in own], np.int64)[codes] for own, codes in parts]
    )


_BY_ROW = frozenset(("image", "viewer", "x", "y", "start_s", "duration_s", "line"))


def counted(number: int, what: str, verb: str = "") -> str:
    """'1 row is ...' or '2 rows are ...', for messages."""
    if number == 1:
        return f"1 {what}{' is' if verb else ''} {verb}".strip()
    return f"{number:,} {what}s{' are' if verb else ''} {verb}".strip()

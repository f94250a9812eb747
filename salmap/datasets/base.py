"""An open data set: stimuli on disk with the fixations made on them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from salmap.datasets.pictures import read_picture, read_size
from salmap.errors import DatasetError, FaultyFileError, SalmapError, listed
from salmap.fixations.scoring import SIGMA_SHARE
from salmap.types import Fixations, ImageArray

Split: TypeAlias = Literal["train", "val", "test", "all"]
#: fixations, or how to read them (for sets too large to hold in memory)
FixationSource: TypeAlias = Fixations | Callable[[], Fixations]
#: pixels of one degree of visual angle, or how to get them from a picture's (height, width)
Sigma: TypeAlias = float | Callable[[tuple[int, int]], float]


@dataclass(frozen=True)
class Problem:
    """Something wrong with a data set.

    Attributes:
        file: the file or picture it is about.
        what: what is wrong, a sentence.
        fix: how to fix it, a sentence; empty where `what` says so already.
        detail: what differs from file to file, such as a size.
        without_fixations: whether the files are intact but hold no fixation on this picture.
    """

    file: str
    what: str
    fix: str = ""
    detail: str = ""
    without_fixations: bool = False


@dataclass(frozen=True, eq=False)
class Record:
    """A stimulus on disk and the fixations made on it.

    Attributes:
        name: file name relative to the stimuli folder, with forward slashes ("Action/001.jpg").
        path: the picture.
        fixations: in pixels as `salmap.types.Fixations` defines them, or a function that reads
            them; `FixationDataset.fixations` gives them either way.
        category: the kind of picture, where the data set sorts its pictures into kinds.
    """

    name: str
    path: Path
    fixations: FixationSource
    category: str | None = None

    def read_fixations(self) -> Fixations:
        """All fixations, those outside the picture too."""
        return self.fixations() if callable(self.fixations) else self.fixations


@dataclass(frozen=True, eq=False)
class Examined:
    """What the files of one record hold.

    Attributes:
        size: (height, width) of the picture, None if it can't be read.
        fixations: those on the picture, None if they can't be read.
        outside: how many fell outside the picture.
        problem: what is wrong with the record, if anything.
    """

    size: tuple[int, int] | None = None
    fixations: Fixations | None = None
    outside: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, eq=False)
class Sample:
    """A decoded stimulus with its fixations.

    Attributes:
        name, category: as in `Record`.
        dataset: name of the data set it comes from.
        stimulus: uint8 (H, W, 3), RGB.
        fixations: those on the picture, in its pixels.
        outside: how many fell outside it and are left out.
    """

    name: str
    dataset: str
    stimulus: ImageArray
    fixations: Fixations
    category: str | None = None
    outside: int = 0


class FixationDataset:
    """Stimuli with fixations from any source.

    Args:
        name: name of the data set.
        records: its stimuli.
        sigma_px: standard deviation of the Gaussian that makes an empirical density of
            fixations, one degree of visual angle; None: `SIGMA_SHARE` of the long side.
        license: of the data, as its authors state it.
        citation: the paper to cite.
        duration_s: how long each picture was shown.
        splits: names of the stimuli in the splits "train" and "val"; the others are in "test".
        problems: found while the files were listed.
        notes: worth knowing about the files, but not wrong.
        doubt: why no gain should be claimed on it; empty if nothing is unusual.
        sizes: name -> (height, width) of pictures whose headers were read already.
        use_exif: turn pictures upright according to EXIF. Off by default: the published sets were
            shown and annotated with MATLAB, which ignores it.

    Raises:
        DatasetError: if there is no record or two have the same name.
    """

    def __init__(
        self,
        name: str,
        records: Sequence[Record],
        *,
        sigma_px: Sigma | None = None,
        license: str | None = None,
        citation: str | None = None,
        duration_s: float | None = None,
        splits: Mapping[str, Iterable[str]] | None = None,
        problems: Sequence[Problem] = (),
        notes: Sequence[str] = (),
        doubt: str = "",
        sizes: Mapping[str, tuple[int, int]] | None = None,
        use_exif: bool = False,
    ) -> None:
        if not records:
            raise DatasetError(f"The data set {name} has no picture with fixations.")
        repeated = [n for n, count in Counter(r.name for r in records).items() if count > 1]
        if repeated:
            raise DatasetError(f"The data set {name} lists {listed(repeated)} more than once.")
        self.name = name
        self.records = tuple(records)
        self.license, self.citation, self.duration_s = license, citation, duration_s
        self._sigma_px = sigma_px
        self._split_names = {s: frozenset(names) for s, names in (splits or {}).items()}
        self.listing_problems, self.notes = tuple(problems), tuple(notes)
        self._use_exif = use_exif
        self.doubt = doubt
        self._sizes: dict[str, tuple[int, int]] = dict(sizes or {})

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, index: int) -> Sample:
        """The decoded stimulus and the fixations on it.

        Raises:
            DatasetError: if a file can't be read, naming it.
        """
        record = self.records[index]
        stimulus = read_picture(record.path, self._use_exif)
        height, width, _ = stimulus.shape
        self._sizes[record.name] = (height, width)
        every = record.read_fixations()
        inside = every.inside((height, width))
        outside = len(every) - len(inside)
        return Sample(record.name, self.name, stimulus, inside, record.category, outside)

    def fixations(self, index: int) -> Fixations:
        """The fixations on picture `index`; those outside it are left out.

        Raises:
            DatasetError: if a file can't be read, naming it.
        """
        return self.records[index].read_fixations().inside(self.size(index))

    def path(self, index: int) -> Path:
        """Path of picture `index`."""
        return self.records[index].path

    def size(self, index: int) -> tuple[int, int]:
        """(height, width) of picture `index`, read once from the header of its file.

        Raises:
            DatasetError: if a file can't be read, naming it.
        """
        record = self.records[index]
        if record.name not in self._sizes:
            self._sizes[record.name] = read_size(record.path, self._use_exif)
        return self._sizes[record.name]

    def sigma_px(self, index: int) -> float:
        """One degree of visual angle on picture `index`, in its pixels."""
        if self._sigma_px is None:
            return SIGMA_SHARE * max(self.size(index))
        return self._sigma_px(self.size(index)) if callable(self._sigma_px) else self._sigma_px

    def split_of(self, index: int) -> str:
        """The split that picture `index` is in: "train", "val" or "test"."""
        name = self.records[index].name
        return next((s for s, names in self._split_names.items() if name in names), "test")

    def split(self, split: Split | str) -> FixationDataset:
        """The part of the data set in this split; "all" is all of it.

        Raises:
            DatasetError: if there is no such split or nothing in it.
        """
        if split == "all":
            return self
        members = [i for i in range(len(self)) if self.split_of(i) == split]
        if not members:
            counts = Counter(self.split_of(i) for i in range(len(self)))
            known = ", ".join(f"{name} ({n})" for name, n in sorted(counts.items()))
            raise DatasetError(
                f"{self.name} has no picture in the split {split!r}. It has: {known}, "
                f"all ({len(self)})."
            )
        return self.select(members)

    def select(self, indices: Iterable[int]) -> FixationDataset:
        """The data set of these pictures only, in this order."""
        part = copy.copy(self)
        part.records = tuple(self.records[i] for i in indices)
        return part

    def examine(self, index: int) -> Examined:
        """Read the header and the fixations of picture `index`, and report what is wrong."""
        record = self.records[index]
        size = None
        try:
            size = self.size(index)
            every = record.read_fixations()
        except SalmapError as error:
            return Examined(size, problem=_problem(record.name, error))
        fixations = every.inside(size)
        problem = None
        if len(fixations) == 0:
            problem = Problem(
                record.name,
                "No fixation falls on this picture.",
                "Add its fixations, or remove the picture from the data set.",
                without_fixations=True,
            )
        return Examined(size, fixations, len(every) - len(fixations), problem)

    def problems(self) -> list[Problem]:
        """Everything wrong with the files; reads all fixations and the headers of all pictures."""
        examined = (self.examine(index).problem for index in range(len(self)))
        return [*self.listing_problems, *(problem for problem in examined if problem)]


def _problem(name: str, error: SalmapError) -> Problem:
    if isinstance(error, FaultyFileError):
        return Problem(name, error.what, error.fix, error.detail)
    return Problem(name, str(error))

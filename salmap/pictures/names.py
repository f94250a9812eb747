"""Which picture a written name means: the one rule for tables, areas, maps and uploads.

A name means a picture if it is its path; or else the same in other capitals; or else if the file
name is the same, whatever folders are before it; or else if the stem is. It counts only where just
one picture can be meant.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from salmap.pictures.sources import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Matches:
    """What names that somebody wrote mean.

    Attributes:
        found: name -> the one picture that it means.
        several: name -> the pictures that it could mean.
        rivals: picture -> the different names that could each mean it.
    """

    found: Mapping[str, str]
    several: Mapping[str, tuple[str, ...]]
    rivals: Mapping[str, tuple[str, ...]]


def match_names(written: Iterable[str], pictures: Iterable[str]) -> Matches:
    """Find the picture that each written name means; a name that means none is in no mapping.

    Args:
        written: names, perhaps with folders (of any system) before them.
        pictures: names of the pictures there are, with forward slashes.
    """
    index = _Index(pictures)
    several: dict[str, tuple[str, ...]] = {}
    claims: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name in dict.fromkeys(written):
        level, candidates = index.find(name)
        if len(candidates) > 1:
            several[name] = candidates
        elif candidates:
            claims[candidates[0]].append((level, name))
    found, rivals = {}, {}
    for picture, claim in claims.items():
        best = min(level for level, _ in claim)
        names = _nearest(picture, [name for level, name in claim if level == best])
        if len({_path(name) for name in names}) > 1:
            rivals[picture] = names
        else:
            found.update(dict.fromkeys(names, picture))
    return Matches(found, several, rivals)


def stem_of(name: str) -> str:
    """The file name without folders and without the ending of a picture, in small letters."""
    file = PurePosixPath(_path(name)).name
    ending = PurePosixPath(file).suffix
    return file.removesuffix(ending) if ending in IMAGE_SUFFIXES else file


class _Index:
    """Pictures by each reading of their names."""

    def __init__(self, pictures: Iterable[str]) -> None:
        self._levels: list[dict[str, list[str]]] = []
        known = list(dict.fromkeys(pictures))
        for key in _KEYS:
            found: dict[str, list[str]] = defaultdict(list)
            for picture in known:
                found[key(picture)].append(picture)
            self._levels.append(found)

    def find(self, name: str) -> tuple[int, tuple[str, ...]]:
        """The level at which a name is found, and the pictures it could mean there."""
        for level, (key, known) in enumerate(zip(_KEYS, self._levels, strict=True)):
            candidates = known.get(key(name), []) if key(name) else []
            if candidates:
                return level, _nearest(name, candidates)
        return len(_KEYS), ()


def _nearest(name: str, candidates: Sequence[str]) -> tuple[str, ...]:
    """Of several candidates, those that have the most innermost folders in common with a name."""
    if len(candidates) == 1:
        return (candidates[0],)
    shared = {candidate: _shared_folders(name, candidate) for candidate in candidates}
    most = max(shared.values())
    return tuple(candidate for candidate, count in shared.items() if count == most)


def _shared_folders(a: str, b: str) -> int:
    """How many of the innermost folders of two paths agree."""
    count = 0
    for one, other in zip(_folders(a), _folders(b), strict=False):
        if one != other:
            break
        count += 1
    return count


def _folders(name: str) -> tuple[str, ...]:
    return PurePosixPath(_path(name)).parts[-2::-1]


def _as_written(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip().replace("\\", "/"))


def _path(name: str) -> str:
    return _as_written(name).removeprefix("./").casefold()


def _file_name(name: str) -> str:
    return PurePosixPath(_path(name)).name


_KEYS: tuple[Callable[[str], str], ...] = (_as_written, _path, _file_name, stem_of)

"""What can be made of a prediction, and what its files are called."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePath

from salmap.files import name_as_text


class Output(StrEnum):
    """A file that can be made of a prediction; its value is its name on the command line."""

    OVERLAY = "overlay"
    HEATMAP = "heatmap"
    DENSITY = "density"
    REGIONS = "regions"
    REGIONS_CSV = "regions-csv"
    AREAS = "areas"
    AREAS_CSV = "areas-csv"
    SCANPATHS = "scanpaths"
    SCANPATHS_CSV = "scanpaths-csv"

    @property
    def ending(self) -> str:
        """What the file's name ends with, such as "_overlay.png"."""
        return _ENDINGS[self]

    @property
    def mime(self) -> str:
        """Its media type."""
        return _MIMES[self.ending.rpartition(".")[2]]


_ENDINGS = {
    Output.OVERLAY: "_overlay.png",
    Output.HEATMAP: "_heatmap.png",
    Output.DENSITY: "_density.npy",
    Output.REGIONS: "_regions.json",
    Output.REGIONS_CSV: "_regions.csv",
    Output.AREAS: "_areas.json",
    Output.AREAS_CSV: "_areas.csv",
    Output.SCANPATHS: "_scanpaths.png",
    Output.SCANPATHS_CSV: "_scanpaths.csv",
}
_MIMES = {
    "png": "image/png",
    "npy": "application/octet-stream",
    "json": "application/json",
    "csv": "text/csv",
}
#: what Windows refuses in a file's name
_REFUSED = frozenset('<>:"/\\|?*')
#: invisible, but parts of emoji and of some scripts
_JOINERS = frozenset("\u200c\u200d\ufe0f")
_RESERVED = {"CON", "PRN", "AUX", "NUL"} | {f"{p}{n}" for p in ("COM", "LPT") for n in range(1, 10)}
#: what `salmap predict` saves unless it is told otherwise
STANDARD_OUTPUTS = (Output.OVERLAY, Output.HEATMAP, Output.DENSITY, Output.REGIONS)
#: what can be made only where there are areas of interest
AREA_OUTPUTS = (Output.AREAS, Output.AREAS_CSV)
#: what can be made only where it is known in which order people view
SCANPATH_OUTPUTS = (Output.SCANPATHS, Output.SCANPATHS_CSV)


def file_name(picture: str, output: Output) -> str:
    """What a file made of a picture is called: `street.jpg` gives `street_overlay.png`."""
    return f"{safe_stem(picture)}{output.ending}"


def safe_stem(picture: str) -> str:
    """A picture's name without folders, suffix and what file systems refuse; never empty."""
    name = picture.replace("\\", "/").rpartition("/")[2]
    base = name.rpartition(".")[0] or name
    kept = "".join(c if _is_kept(c) else "_" for c in base)
    short = unicodedata.normalize("NFC", kept)[:80].strip(" .")
    return f"{short}_" if short.upper() in _RESERVED else short or "picture"


def _is_kept(character: str) -> bool:
    """Whether a character may stand in a file's name on every system."""
    return character in _JOINERS or (character.isprintable() and character not in _REFUSED)


def safe_place(picture: str) -> PurePath:
    """The name of an uploaded picture as a path for `output_names`: safe, with its suffix."""
    suffix = re.sub(r"\W", "", picture.rpartition(".")[2])[:10]
    return PurePath(f"{safe_stem(picture)}.{suffix or 'picture'}")


def output_names(places: Sequence[PurePath]) -> list[str]:
    """What each picture's outputs are called: its stem, or more of its path where stems clash.

    `cats/1.jpg` and `dogs/1.jpg` give "cats-1" and "dogs-1", `1.jpg` and `1.png` beside each
    other "1-jpg" and "1-png", two of the same path "1" and "1-2". Upper and lower case count as
    the same.

    Args:
        places: the pictures' paths below a folder that need not be named.
    """
    names: list[str | None] = [None] * len(places)
    taken: set[str] = set()
    for candidate in (_stem, _path_without_suffix, _path_with_suffix):
        wanted = {i: candidate(places[i]) for i, name in enumerate(names) if name is None}
        counts = Counter(name.casefold() for name in wanted.values())
        for i, name in wanted.items():
            if counts[name.casefold()] == 1 and name.casefold() not in taken:
                names[i] = name
        taken.update(name.casefold() for name in names if name)
    return [name or _numbered(places[i], taken) for i, name in enumerate(names)]


def _stem(place: PurePath) -> str:
    return place.stem


def _path_without_suffix(place: PurePath) -> str:
    return "-".join(place.with_suffix("").parts)


def _path_with_suffix(place: PurePath) -> str:
    return f"{_path_without_suffix(place)}-{place.suffix[1:]}"


def _numbered(place: PurePath, taken: set[str]) -> str:
    base = name = _path_without_suffix(place)
    number = 1
    while name.casefold() in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name.casefold())
    return name


def distinct(paths: Sequence[PurePath]) -> list[str]:
    """What to call pictures so that each has a name of its own: file names if these differ."""
    names = [name_as_text(path.name) for path in paths]
    if len(set(names)) == len(names):
        return names
    whole = [name_as_text(path.as_posix()) for path in paths]
    return [
        f"{name} ({whole[:i].count(name) + 1})" if name in whole[:i] else name
        for i, name in enumerate(whole)
    ]

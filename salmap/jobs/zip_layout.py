"""Where the files of an uploaded ZIP go in the layout "folder", however it was packed."""

from __future__ import annotations

import contextlib
import os
import unicodedata
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from salmap.datasets.fixations_csv import NAME
from salmap.datasets.folder import MAPS, PICTURES, TABLES
from salmap.datasets.map_files import MAP_SUFFIXES
from salmap.errors import DatasetError
from salmap.fixations.tables import is_table
from salmap.pictures import IMAGE_SUFFIXES

_UTF8_NAME = 0x800


def path_of(member: zipfile.ZipInfo) -> PurePosixPath:
    """Where a member lies in the ZIP, whatever packed it: a folder lies at "."."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME:  # macOS writes UTF-8 without saying so
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode()
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return PurePosixPath("" if name.endswith("/") else name)


def is_wanted(path: PurePosixPath) -> bool:
    """Whether a file is a picture, a map or a table, and not hidden."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and (_is_table(path) or path.suffix.lower() in MAP_SUFFIXES)


def _is_table(path: PurePosixPath) -> bool:
    """Whether a file may hold fixations; a text or JSON only if it or a folder is called so."""
    called_so = any(PurePosixPath(part).stem.lower() == NAME for part in path.parts)
    return is_table(path.name) and (called_so or path.suffix.lower() not in (".txt", ".json"))


def places_of(paths: Iterable[PurePosixPath]) -> dict[PurePosixPath, PurePosixPath]:
    """Where each file of a ZIP goes in the layout "folder".

    Raises:
        DatasetError: if two would go to the same place.
    """
    places = _without_folder_around(paths)
    tops = {place.parts[0].lower() for place in places.values() if len(place.parts) > 1}
    folder = next((name for name in PICTURES if name in tops), "")
    table = _table(places.values(), MAPS[0] in tops)
    loose = [place.parent for place in places.values() if _is_picture(place)]
    around = os.path.commonpath(loose) if loose else ""

    def settled(place: PurePosixPath) -> PurePosixPath:
        top, *below = place.parts
        if place == table:
            return PurePosixPath(TABLES[0]).with_suffix(place.suffix.lower())
        if below and top.lower() in (MAPS[0], folder):
            return PurePosixPath(MAPS[0] if top.lower() == MAPS[0] else PICTURES[0], *below)
        if not folder and _is_picture(place):
            return PurePosixPath(PICTURES[0]) / place.relative_to(around)
        return place

    settled_places = {path: settled(place) for path, place in places.items()}
    _require_apart(settled_places)
    return settled_places


def _without_folder_around(
    paths: Iterable[PurePosixPath],
) -> dict[PurePosixPath, PurePosixPath]:
    """Each path without the folders that everything lies in, but for those of the layout."""
    places = {path: path for path in paths}
    while len({place.parts[0] for place in places.values()}) == 1:
        deeper = [place.parts[1].lower() for place in places.values() if len(place.parts) > 1]
        top = next(iter(places.values())).parts[0].lower()
        is_part = top in {*PICTURES, *MAPS} and not {*PICTURES, *MAPS, *TABLES} & {*deeper}
        if is_part or len(deeper) < len(places):
            break
        places = {path: PurePosixPath(*place.parts[1:]) for path, place in places.items()}
    return places


def _table(places: Iterable[PurePosixPath], has_maps: bool) -> PurePosixPath | None:
    """The table of fixations: the one called so or, without maps, the only one."""
    tables = [place for place in places if _is_table(place)]
    called_so = [place for place in tables if place.name.lower() in TABLES]
    found = called_so or ([] if has_maps else tables)
    return found[0] if len(found) == 1 else None


def _is_picture(place: PurePosixPath) -> bool:
    return place.suffix.lower() in IMAGE_SUFFIXES and place.parts[0].lower() != MAPS[0]


def _require_apart(places: Mapping[PurePosixPath, PurePosixPath]) -> None:
    taken: dict[PurePosixPath, PurePosixPath] = {}
    for path, place in places.items():
        if other := taken.get(place):
            raise DatasetError(
                f"The ZIP holds {str(other)[:80]} and {str(path)[:80]}, which mean the same. Keep "
                "one of them."
            )
        taken[place] = path

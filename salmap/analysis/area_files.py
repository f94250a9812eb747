"""Areas of interest as files: Salmap's own JSON, CSV, COCO and LabelMe.

The table is `name,left,top,right,bottom` in pixels, right and bottom exclusive, optionally with a
column `picture`.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from salmap.areas import Area, check_names
from salmap.errors import AreaError, listed
from salmap.pictures.names import match_names

COLUMNS = ("name", "left", "top", "right", "bottom")
#: areas by picture; those under "" belong to any picture
AreasByPicture = dict[str, list[Area]]


def read_areas(name: str, data: bytes) -> AreasByPicture:
    """Areas from the bytes of a file, by the name of their picture.

    Args:
        name: of the file, for messages; what is in the file decides how it is read.
        data: its bytes, UTF-8.

    Returns:
        Picture -> areas, each list with at least one; areas of no named picture are under "".

    Raises:
        AreaError: saying what is wrong with the file, and where.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AreaError(f"{name} is not text in UTF-8. Save it as JSON or CSV in UTF-8.") from error
    found = _from_json(name, text) if text.lstrip()[:1] in ("{", "[") else _from_csv(name, text)
    if not found:
        raise AreaError(f"{name} has no area.")
    for picture, areas in found.items():
        try:
            check_names(areas)
        except AreaError as error:
            where = f" ({picture})" if picture else ""
            raise AreaError(f"{name}{where}: {error}") from error
    return found


def read_areas_file(path: Path) -> AreasByPicture:
    """Areas from a file; see `read_areas`.

    Raises:
        AreaError: saying what is wrong with the file, and where.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AreaError(f"{path} can't be read: {error.strerror}. Check the path.") from error
    return read_areas(path.name, data)


def areas_of(picture: str, areas: Mapping[str, Sequence[Area]]) -> Sequence[Area]:
    """The areas of one picture: by its name, the end of its path, its stem, or those of any.

    Upper and lower case count as the same.

    Args:
        picture: its name or path.
        areas: as `read_areas` returns them.

    Raises:
        AreaError: if the file has areas for other pictures only, or for several that could be
            meant.
    """
    found = own_areas(picture, areas) or areas.get("")
    if not found:
        raise AreaError(
            f"There are no areas for {picture}; there are some for {listed(list(areas))}."
        )
    return found


def own_areas(picture: str, areas: Mapping[str, Sequence[Area]]) -> Sequence[Area] | None:
    """The areas that are given for this picture by name; None if there are none.

    Raises:
        AreaError: if there are areas for several pictures that could be meant.
    """
    matches = match_names([name for name in areas if name], [picture])
    for rivals in matches.rivals.values():
        raise AreaError(f"The areas of {picture} could be those of {listed(rivals)}. Keep one.")
    return next((areas[name] for name in matches.found), None)


def areas_json(areas: Mapping[str, Sequence[Area]]) -> bytes:
    """Areas as Salmap's own JSON, which `read_areas` reads."""
    record = {
        "salmap_areas": 1,
        "areas": [
            {
                **({"picture": picture} if picture else {}),
                "name": area.name,
                **(
                    {"box": [_number(edge) for edge in area.bounds]}
                    if area.is_box
                    else {"corners": [[_number(x), _number(y)] for x, y in area.corners]}
                ),
            }
            for picture, of_picture in areas.items()
            for area in of_picture
        ],
    }
    return json.dumps(record, indent=2, ensure_ascii=False).encode()


def _from_json(name: str, text: str) -> AreasByPicture:
    try:
        content = json.loads(text)
        if isinstance(content, dict) and "annotations" in content:
            return _from_coco(content)
        if isinstance(content, dict) and "shapes" in content:
            return _from_labelme(content)
        listed_areas = content["areas"] if isinstance(content, dict) else content
        return _gathered((str(item.get("picture", "")), _own(item)) for item in listed_areas)
    except AreaError as error:
        raise AreaError(f"{name}: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise AreaError(
            f"{name} can't be read as areas ({type(error).__name__}: {error}). It may be JSON that "
            "Salmap saved, COCO annotations, a LabelMe file, or a CSV table "
            f"{','.join(COLUMNS)}."
        ) from error


def _own(item: dict[str, Any]) -> Area:
    if "box" in item:
        left, top, right, bottom = (float(edge) for edge in item["box"])
        return Area.box(str(item["name"]), left, top, right, bottom)
    return Area(str(item["name"]), tuple((float(x), float(y)) for x, y in item["corners"]))


def _from_coco(content: dict[str, Any]) -> AreasByPicture:
    """COCO annotations: boxes [left, top, width, height] or polygons [x, y, x, y, ...]."""
    pictures = {image["id"]: str(image["file_name"]) for image in content.get("images", [])}
    kinds = {kind["id"]: str(kind["name"]) for kind in content.get("categories", [])}
    found = []
    for number, item in enumerate(content["annotations"], 1):
        name = kinds.get(item.get("category_id"), f"area {number}")
        outlines = item.get("segmentation")
        if isinstance(outlines, list) and len(outlines) == 1:
            flat = [float(value) for value in outlines[0]]
            area = Area(name, tuple(zip(flat[::2], flat[1::2], strict=True)))
        else:
            left, top, width, height = (float(value) for value in item["bbox"])
            area = Area.box(name, left, top, left + width, top + height)
        found.append((pictures.get(item.get("image_id"), ""), area))
    return _gathered(numbered(found))


def _from_labelme(content: dict[str, Any]) -> AreasByPicture:
    picture = PurePosixPath(str(content.get("imagePath") or "").replace("\\", "/")).name
    found = []
    for shape in content["shapes"]:
        corners = tuple((float(x), float(y)) for x, y in shape["points"])
        kind = shape.get("shape_type", "polygon")
        if kind == "rectangle":
            (a, b), (c, d) = corners
            area = Area.box(str(shape["label"]), min(a, c), min(b, d), max(a, c), max(b, d))
        elif kind == "polygon":
            area = Area(str(shape["label"]), corners)
        else:
            raise AreaError(
                f"The shape '{shape['label']}' is a {kind}. Rectangles and polygons can be used."
            )
        found.append((picture, area))
    return _gathered(numbered(found))


def numbered(found: Sequence[tuple[str, Area]]) -> list[tuple[str, Area]]:
    """The same with a number behind names that a picture has more than once, as labels may be."""
    taken: set[tuple[str, str]] = set()
    named = []
    for picture, area in found:
        name, number = area.name, 1
        while (picture, name) in taken:
            number += 1
            name = f"{area.name} {number}"
        taken.add((picture, name))
        named.append((picture, Area(name, area.corners)))
    return named


def _from_csv(name: str, text: str) -> AreasByPicture:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    headings = [(heading or "").strip().lower() for heading in reader.fieldnames or []]
    lacking = [column for column in COLUMNS if column not in headings]
    if lacking:
        raise AreaError(
            f"{name} lacks the columns {', '.join(lacking)}. Its first row must be "
            f"{','.join(COLUMNS)}, optionally with picture."
        )
    reader.fieldnames = headings
    return _gathered(_row(name, reader.line_num, row) for row in reader)


def _row(name: str, line: int, row: dict[str, str | None]) -> tuple[str, Area]:
    try:
        edges = [float(row[column] or "nan") for column in COLUMNS[1:]]
    except ValueError as error:
        raise AreaError(f"{name}, row {line}: {error}. Give edges as numbers in pixels.") from error
    if not all(map(math.isfinite, edges)):
        raise AreaError(f"{name}, row {line}: an edge is missing or not a finite number.")
    try:
        return (row.get("picture") or "").strip(), Area.box((row["name"] or "").strip(), *edges)
    except AreaError as error:
        raise AreaError(f"{name}, row {line}: {error}") from error


def _gathered(found: Any) -> AreasByPicture:
    gathered: AreasByPicture = {}
    for picture, area in found:
        gathered.setdefault(picture, []).append(area)
    return gathered


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value

"""Many pictures in, files out: which pictures there are, how outputs are called, writing them."""

from __future__ import annotations

import io
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from salmap.density import normalize
from salmap.errors import ImageError
from salmap.files import remove_parts, replace_file
from salmap.pictures import IMAGE_SUFFIXES, load_image
from salmap.prediction import Prediction
from salmap.regions import region_record
from salmap.render.draw import encode_png, heatmap, overlay
from salmap.types import ImageArray

if TYPE_CHECKING:
    from salmap.predictor import Predictor

#: what can be saved of a picture, and the end of its file's name
OUTPUTS = {
    "overlay": "_overlay.png",
    "heatmap": "_heatmap.png",
    "density": "_density.npy",
    "regions": "_regions.json",
}
#: a picture and the outputs wanted of it, by kind
Job = tuple[Path, dict[str, Path]]
_MADE_HERE = re.compile(r".+_(overlay|heatmap)\.png")


@dataclass(frozen=True)
class Style:
    """How outputs look.

    Attributes:
        k: number of regions.
        opacity: of the heatmap in overlays, in [0, 1].
        colormap: a name from `salmap.render`.
    """

    k: int = 5
    opacity: float = 0.5
    colormap: str = "turbo"


@dataclass(frozen=True)
class Picture:
    """A picture to be done.

    Attributes:
        path: where it is.
        place: its path below the folder that the user named; for a file, below its grandparent.
    """

    path: Path
    place: Path


def find_pictures(
    inputs: Iterable[Path], out: Path, fail: Callable[[Path, str], None]
) -> list[Picture]:
    """The pictures in files and folders, each once, in the order given, folders sorted.

    Folders are walked to the end, without hidden files and without what an earlier run wrote
    into `out`. `fail` is told of an input that does not exist or holds no picture.
    """
    found: dict[Path, Picture] = {}
    for given in inputs:
        pictures = _in_folder(given, out) if given.is_dir() else [_single(given)]
        if not given.exists():
            fail(given, "there is no such file or folder. Check the path.")
        elif not pictures:
            fail(given, "there is no picture in this folder.")
        else:
            for picture in pictures:
                found.setdefault(picture.path.resolve(), picture)
    return list(found.values())


def _single(path: Path) -> Picture:
    return Picture(path, Path(path.absolute().parent.name, path.name))


def _in_folder(folder: Path, out: Path) -> list[Picture]:
    paths = [
        Path(parent, name)
        for parent, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in IMAGE_SUFFIXES and not name.startswith(".")
    ]
    return [
        Picture(path, path.relative_to(folder))
        for path in sorted(paths)
        if not (_MADE_HERE.fullmatch(path.name) and path.parent.resolve() == out.resolve())
    ]


def output_names(pictures: Sequence[Picture]) -> list[str]:
    """What each picture's outputs are called: its stem, or more of its path where stems clash.

    `cats/1.jpg` and `dogs/1.jpg` give "cats-1" and "dogs-1", `1.jpg` and `1.png` beside each
    other "1-jpg" and "1-png". Upper and lower case count as the same.
    """
    names: list[str | None] = [None] * len(pictures)
    taken: set[str] = set()
    for candidate in (_stem, _path_without_suffix, _path_with_suffix):
        wanted = {i: candidate(pictures[i].place) for i, name in enumerate(names) if name is None}
        counts = Counter(name.casefold() for name in wanted.values())
        for i, name in wanted.items():
            if counts[name.casefold()] == 1 and name.casefold() not in taken:
                names[i] = name
        taken.update(name.casefold() for name in names if name)
    return [name or _numbered(pictures[i].place, taken) for i, name in enumerate(names)]


def _stem(place: Path) -> str:
    return place.stem


def _path_without_suffix(place: Path) -> str:
    return "-".join(place.with_suffix("").parts)


def _path_with_suffix(place: Path) -> str:
    return f"{_path_without_suffix(place)}-{place.suffix[1:]}"


def _numbered(place: Path, taken: set[str]) -> str:
    number = 2
    while (name := f"{_path_with_suffix(place)}-{number}").casefold() in taken:
        number += 1
    taken.add(name.casefold())
    return name


def plan(pictures: Sequence[Picture], out: Path, kinds: Iterable[str]) -> list[Job]:
    """What is to be done: each picture with the paths of its outputs in `out`."""
    kinds = list(kinds)
    return [
        (picture.path, {kind: out / f"{name}{OUTPUTS[kind]}" for kind in kinds})
        for picture, name in zip(pictures, output_names(pictures), strict=True)
    ]


def remaining(jobs: Iterable[Job]) -> list[Job]:
    """What a run that was killed left to do: the outputs that are not there, none twice.

    What it had half written is removed.
    """
    jobs = list(jobs)
    remove_parts(path for _, outputs in jobs for path in outputs.values())
    missing = [
        (picture, {kind: path for kind, path in outputs.items() if not path.exists()})
        for picture, outputs in jobs
    ]
    return [(picture, outputs) for picture, outputs in missing if outputs]


def process(predictor: Predictor, picture: Path, outputs: dict[str, Path], style: Style) -> None:
    """Predict one picture and write its outputs, each whole or not at all.

    Raises:
        ImageError: if the picture can't be read, or is too large for the memory.
        OSError: if an output can't be written.
    """
    image = load_image(picture)
    try:
        prediction = predictor.predict(image)
    except (MemoryError, RuntimeError) as error:  # what torch raises when memory runs out
        raise ImageError(f"{picture}: the model failed on it ({error}).") from error
    for kind, path in outputs.items():
        replace_file(path, encode(kind, picture.name, image, prediction, style))


def encode(kind: str, name: str, image: ImageArray, prediction: Prediction, style: Style) -> bytes:
    """The bytes of one output file.

    Args:
        kind: a key of `OUTPUTS`.
        name: of the picture, written into the regions' JSON.
        image: uint8 (H, W, 3).
        prediction: of the same size.
        style: how it looks.
    """
    if kind == "overlay":
        drawn = overlay(image, prediction.density, opacity=style.opacity, colormap=style.colormap)
        return encode_png(drawn)
    if kind == "heatmap":
        return encode_png(heatmap(prediction.density, colormap=style.colormap))
    if kind == "density":
        buffer = io.BytesIO()
        np.save(buffer, normalize(prediction.density).astype(np.float32))
        return buffer.getvalue()
    height, width = prediction.size
    record = {
        "picture": name,
        "model": prediction.model,
        "width": width,
        "height": height,
        "regions": [region_record(region) for region in prediction.regions(style.k)],
    }
    return json.dumps(record, indent=2, ensure_ascii=False).encode()

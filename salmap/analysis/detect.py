"""Text and faces found in a picture, as areas to start from.

Both detectors come in wheels with their weights inside; nothing is fetched. Text: the detection
network of PP-OCRv6 (Apache-2.0) in RapidOCR. Faces: dlib's detector of frontal faces, histograms
of oriented gradients (Dalal and Triggs 2005).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from salmap.areas import Area
from salmap.errors import AreaError
from salmap.pictures import shrink_image
from salmap.threads import thread_count
from salmap.types import ImageArray

#: of each kind the largest are kept
MOST = 20
#: confidence, of 1, from which on a line of text counts
_TEXT_CONFIDENCE = 0.6
#: long side, in pixels, at which faces are searched, and dlib's score from which on one counts
_FACE_SIDE, _FACE_SCORE = 1280, 0.2
#: dlib's boxes end at the brows and the chin: what is added at each side, in shares of a box
_FACE_MARGIN = 0.15
#: a detector serves one caller at a time
_LOCK = Lock()


class Kind(StrEnum):
    """What can be found in a picture."""

    TEXT = "text"
    FACES = "faces"


def detect(image: ImageArray, kinds: Collection[Kind]) -> list[Area]:
    """Blocks of text and faces, at most `MOST` of each kind, from top to bottom.

    Args:
        image: uint8 (H, W, 3), RGB.
        kinds: what to find.

    Returns:
        Upright rectangles named "text 1", "face 1" and so on; empty if nothing was found.

    Raises:
        AreaError: if the package that finds it is missing.
    """
    found: list[Area] = []
    for kind, name, boxes_in in ((Kind.TEXT, "text", _text), (Kind.FACES, "face", _faces)):
        if kind in kinds:
            with _LOCK:
                found += _named(name, boxes_in(image), image.shape[:2])
    return found


def parse_kinds(text: str) -> frozenset[Kind]:
    """Kinds from text such as "text,faces".

    Raises:
        AreaError: if one is not known.
    """
    words = [word.strip() for word in text.split(",")]
    if unknown := [word for word in words if word not in set(Kind)]:
        raise AreaError(f"'{unknown[0]}' can't be detected. Write text, faces or text,faces.")
    return frozenset(Kind(word) for word in words)


def _named(name: str, boxes: NDArray[np.float64], size: tuple[int, ...]) -> list[Area]:
    """Areas from boxes (N, 4) of left, top, right, bottom, as far as they lie on the picture."""
    height, width = size
    boxes = np.clip(np.round(boxes), 0, [width, height, width, height])
    sides = boxes[:, 2:] - boxes[:, :2]
    order = np.argsort(-sides.prod(1), kind="stable")[:MOST]
    kept = boxes[order][sides[order].min(1) > 0]
    kept = kept[np.lexsort((kept[:, 0], kept[:, 1]))]
    return [Area.box(f"{name} {place}", *map(float, box)) for place, box in enumerate(kept, 1)]


def _text(image: ImageArray) -> NDArray[np.float64]:
    """Boxes (N, 4) of blocks of text. Tall pages are searched in pieces, so as not to shrink."""
    find = _text_finder()
    rows = 2 * image.shape[1]
    found = [np.zeros((0, 4))]
    for top in range(0, image.shape[0], rows):
        lines = find(np.ascontiguousarray(image[top : top + rows, :, ::-1])).boxes
        if lines is not None:
            corners = np.add(lines, [0.0, top])
            found.append(np.hstack([corners.min(1), corners.max(1)]))
    return _blocks(np.vstack(found))


def _blocks(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes around lines (N, 4) of about one size that are neighbors below or beside each other."""
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415  (slow, seldom needed)

    if not len(lines):
        return lines
    letter = (lines[:, 2:] - lines[:, :2]).min(1)
    smaller = np.minimum.outer(letter, letter)
    low = np.maximum(lines[:, None, :2], lines[None, :, :2])
    gap = (low - np.minimum(lines[:, None, 2:], lines[None, :, 2:])) / smaller[..., None]
    below = (gap[..., 0] <= 0) & (gap[..., 1] <= 0.7)
    beside = (gap[..., 1] <= -0.4) & (gap[..., 0] <= 0.7)
    alike = np.maximum.outer(letter, letter) <= 1.6 * smaller
    count, block = connected_components(alike & (below | beside), directed=False)
    members = [lines[block == number] for number in range(count)]
    return np.array([[*one[:, :2].min(0), *one[:, 2:].max(0)] for one in members])


def _faces(image: ImageArray) -> NDArray[np.float64]:
    """Boxes (N, 4) of faces."""
    finder = _face_finder()
    small = np.ascontiguousarray(shrink_image(image, _FACE_SIDE))
    found, _, _ = finder.run(small, 1, _FACE_SCORE)
    boxes = np.array([[f.left(), f.top(), f.right() + 1, f.bottom() + 1] for f in found], float)
    boxes = boxes.reshape(-1, 4)
    margin = _FACE_MARGIN * (boxes[:, 2:] - boxes[:, :2])
    grown = np.hstack([boxes[:, :2] - margin, boxes[:, 2:] + margin])
    scale = np.divide(image.shape[:2], small.shape[:2])[::-1]
    return np.asarray(grown * np.tile(scale, 2))


@lru_cache(maxsize=1)
def _face_finder() -> Any:
    return _package("dlib", "faces").get_frontal_face_detector()


@lru_cache(maxsize=1)
def _text_finder() -> Callable[[NDArray[np.uint8]], Any]:
    rapidocr = _package("rapidocr", "text")
    # a path of its own, so that a file that is missing is not fetched
    network = Path(str(rapidocr.__file__)).parent / "models" / "PP-OCRv6_det_small.onnx"
    finder: Callable[[NDArray[np.uint8]], Any] = rapidocr.RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Global.use_rec": False,
            "Det.model_path": str(network),
            "Det.box_thresh": _TEXT_CONFIDENCE,
            "EngineConfig.onnxruntime.intra_op_num_threads": thread_count(),
        }
    )
    return finder


def _package(name: str, what: str) -> ModuleType:
    try:
        return import_module(name)  # heavy, and not everybody has it
    except ImportError as error:
        raise AreaError(
            f"Finding {what} needs a package that is not installed here: {name}. Draw the areas, "
            "or install it: pip install 'salmap[detect]'"
        ) from error

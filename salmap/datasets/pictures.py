"""Reading the pictures and maps of data sets, as stored or turned upright."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from salmap.errors import DatasetError, ImageError
from salmap.pictures import IMAGE_SUFFIXES, image_size, load_image
from salmap.types import ImageArray

logger = logging.getLogger(__name__)
_ORIENTATION_TAG = 0x0112


def read_picture(path: Path, use_exif: bool = False) -> ImageArray:
    """The picture as uint8 (H, W, 3) RGB, turned upright only with `use_exif`.

    Raises:
        DatasetError: naming the file, if it is missing or not a picture.
    """
    with _source(path, use_exif) as source:
        return load_image(source)


def read_size(path: Path, use_exif: bool = False) -> tuple[int, int]:
    """(height, width) from the header of the file, without decoding the picture.

    Raises:
        DatasetError: naming the file, if it is missing or not a picture.
    """
    with _source(path, use_exif) as source:
        return image_size(source)


def read_gray(path: Path) -> NDArray[np.float64]:
    """A gray map in its own scale: float64 (H, W); 16 bits are kept, colors turned to gray.

    Raises:
        DatasetError: naming the file, if it is missing or not a picture.
    """
    with _unreadable_named(path), _stored(path) as image:
        deep = image.mode == "F" or image.mode.startswith("I")
        return np.asarray(image if deep else image.convert("L"), np.float64)


def require_size(
    found: tuple[int, ...], map_path: Path, picture: Path, use_exif: bool = False
) -> None:
    """Refuse a map whose (height, width) is not that of its picture.

    Raises:
        DatasetError: naming the map and both sizes.
    """
    height, width = read_size(picture, use_exif)
    if found != (height, width):
        size = " x ".join(str(side) for side in reversed(found))
        raise DatasetError(
            f"The map {map_path} is {size}, but its picture {picture.name} is {width} x {height}. "
            "Use a map of the same size."
        )


def list_pictures(folder: Path) -> dict[str, Path]:
    """Pictures right in a folder by file name, sorted; hidden files are skipped.

    Raises:
        DatasetError: if the folder is missing or holds no picture.
    """
    return _listed(folder, folder.iterdir() if folder.is_dir() else ())


def list_tree(folder: Path) -> dict[str, Path]:
    """As `list_pictures`, with those in folders inside, by path ("birds/1.jpg")."""
    return _listed(folder, folder.rglob("*") if folder.is_dir() else ())


def _listed(folder: Path, paths: Iterable[Path]) -> dict[str, Path]:
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}. Check the path, or unpack it again.")
    found = {
        path.relative_to(folder).as_posix(): path
        for path in paths
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    }
    if not found:
        raise DatasetError(f"The folder {folder} contains no pictures. Unpack them there.")
    return dict(sorted(found.items()))


@contextmanager
def _source(path: Path, use_exif: bool) -> Iterator[Path | Image.Image]:
    """The picture, upright or as its pixels are stored."""
    with _unreadable_named(path):
        if use_exif:
            yield path
        else:
            with _stored(path) as image:
                yield image


@contextmanager
def _stored(path: Path) -> Iterator[Image.Image]:
    """The picture as its pixels are stored, its EXIF orientation forgotten."""
    with Image.open(path) as image:
        try:
            image.getexif().pop(_ORIENTATION_TAG, None)
        except (OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
            # unreadable EXIF data turn nothing; `load_image` ignores them too
            logger.debug("Ignored damaged EXIF data in %s: %s", path, error)
        yield image


@contextmanager
def _unreadable_named(path: Path) -> Iterator[None]:
    """Any failure inside becomes a DatasetError that names the file."""
    try:
        yield
    except (ImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"The picture {path} can't be read ({error}). Download or unpack it again."
        ) from error

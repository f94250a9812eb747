"""Reading the pictures of data sets, as stored or turned upright."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from salmap.errors import DatasetError, FaultyFileError, ImageError
from salmap.files import name_as_text, walk
from salmap.pictures import IMAGE_SUFFIXES, image_size, load_image
from salmap.pictures.made_here import made_here
from salmap.pictures.sources import opened
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


def list_pictures(folder: Path) -> dict[str, Path]:
    """Pictures right in a folder by file name, sorted, without hidden files and Salmap's results.

    Raises:
        DatasetError: if the folder is missing or holds no picture.
    """
    return _listed(folder, folder.iterdir() if folder.is_dir() else ())


def list_tree(folder: Path) -> dict[str, Path]:
    """As `list_pictures`, with those in folders inside and linked to, by path ("birds/1.jpg")."""
    return _listed(folder, walk(folder))


def _listed(folder: Path, paths: Iterable[Path]) -> dict[str, Path]:
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}. Check the path, or unpack it again.")
    found = {
        name_as_text(path.relative_to(folder).as_posix()): path
        for path in paths
        if path.suffix.lower() in IMAGE_SUFFIXES
        and not path.name.startswith(".")
        and not made_here(path)
    }
    if not found:
        raise DatasetError(f"The folder {folder} contains no pictures. Unpack them there.")
    return dict(sorted(found.items()))


def reason(error: ImageError, path: Path) -> str:
    """What is wrong with a file, without its name and without advice."""
    return str(error).removeprefix(f"{path} ").partition(". ")[0].removesuffix(".")


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
    with opened(path) as image:
        try:
            image.getexif().pop(_ORIENTATION_TAG, None)
        except (OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
            # unreadable EXIF data turn nothing; `load_image` ignores them too
            logger.debug("Ignored damaged EXIF data in %s: %s", path, error)
        image.info.pop("exif", None)
        yield image


@contextmanager
def _unreadable_named(path: Path) -> Iterator[None]:
    """An ImageError inside becomes a DatasetError that names the file."""
    try:
        yield
    except ImageError as error:
        raise FaultyFileError.of(
            path,
            "The picture can't be read.",
            "Download or unpack it again.",
            reason(error, path),
        ) from error

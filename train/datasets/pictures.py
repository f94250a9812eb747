"""Reading the pictures of data sets, as stored or turned upright."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from salmap.errors import DatasetError, ImageError
from salmap.image import IMAGE_SUFFIXES, image_size, load_image
from salmap.types import ImageArray

logger = logging.getLogger(__name__)
_ORIENTATION_TAG = 0x0112


def read_picture(path: Path, use_exif: bool = False) -> ImageArray:
    """The picture as uint8 (H, W, 3) RGB, turned upright only with `use_exif`.

    Raises:
        DatasetError: naming the file, if it is missing or no picture.
    """
    with _picture(path, use_exif) as source:
        return load_image(source)


def read_size(path: Path, use_exif: bool = False) -> tuple[int, int]:
    """(height, width) from the head of the file, without decoding the picture.

    Raises:
        DatasetError: naming the file, if it is missing or no picture.
    """
    with _picture(path, use_exif) as source:
        return image_size(source)


def list_pictures(folder: Path) -> dict[str, Path]:
    """Pictures right in a folder by file name, sorted; hidden files are skipped.

    Raises:
        DatasetError: if the folder is missing or holds no picture.
    """
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {folder}. Check the path, or unpack it again.")
    found = {
        path.name: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.name.startswith(".")
    }
    if not found:
        raise DatasetError(f"The folder {folder} holds no picture. Unpack the stimuli there.")
    return found


@contextmanager
def _picture(path: Path, use_exif: bool) -> Iterator[Path | Image.Image]:
    """What `salmap.image` reads a picture from; any failure inside names the file."""
    try:
        if use_exif:
            yield path
            return
        with Image.open(path) as image:
            _forget_orientation(image)
            yield image
    except (ImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(
            f"The picture {path} can't be read ({error}). Download or unpack it again."
        ) from error


def _forget_orientation(image: Image.Image) -> None:
    try:
        image.getexif().pop(_ORIENTATION_TAG, None)
    except (OSError, SyntaxError, ValueError, TypeError, KeyError) as error:
        # unreadable EXIF data turn nothing; `load_image` ignores them too
        logger.debug("Ignored the damaged EXIF data of a picture: %s", error)

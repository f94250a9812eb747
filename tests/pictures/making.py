"""Pictures for tests, and files of them."""

from __future__ import annotations

import io

import cv2
import numpy as np
import skimage.data
from PIL import Image


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def photo(height: int = 48, width: int = 64) -> np.ndarray:
    return cv2.resize(skimage.data.astronaut(), (width, height), interpolation=cv2.INTER_AREA)

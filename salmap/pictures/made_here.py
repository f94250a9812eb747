"""A mark in the pictures that Salmap draws, by which they are known wherever they lie."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

#: what the names of these pictures end with
ENDINGS = ("_overlay.png", "_heatmap.png", "_scanpaths.png")
#: bytes of a file in which a mark stands
HEAD_BYTES = 128

_TEXT = b"tEXtSoftware\0Salmap"
_CHUNK = struct.pack(">I", len(_TEXT) - 4) + _TEXT + struct.pack(">I", zlib.crc32(_TEXT))
_AFTER_HEADER = 33


def marked(png: bytes) -> bytes:
    """A PNG file with the mark in it."""
    return png[:_AFTER_HEADER] + _CHUNK + png[_AFTER_HEADER:]


def is_marked(head: bytes) -> bool:
    """Whether a file that begins so has the mark."""
    return _CHUNK in head[:HEAD_BYTES]


def has_our_name(name: str) -> bool:
    """Whether a picture is called as `salmap predict` calls those that it draws."""
    return name.endswith(ENDINGS) and name not in ENDINGS


def made_here(path: Path) -> bool:
    """Whether a file is a picture that Salmap drew, by its name and its mark."""
    if not has_our_name(path.name):
        return False
    try:
        with path.open("rb") as file:
            return is_marked(file.read(HEAD_BYTES))
    except OSError:
        return False  # it is named when it is to be read

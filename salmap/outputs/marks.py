"""A mark in the pictures that Salmap makes, by which they are known wherever they lie."""

from __future__ import annotations

import re
import struct
import zlib

from salmap.outputs.names import Output

#: bytes of a file in which a mark stands
HEAD_BYTES = 128

_TEXT = b"tEXtSoftware\0Salmap"
_CHUNK = struct.pack(">I", len(_TEXT) - 4) + _TEXT + struct.pack(">I", zlib.crc32(_TEXT))
_AFTER_HEADER = 33
_ENDINGS = "|".join(re.escape(o.ending) for o in Output if o.ending.endswith(".png"))
_OUR_NAME = re.compile(f".+({_ENDINGS})")


def marked(png: bytes) -> bytes:
    """A PNG file with the mark in it."""
    return png[:_AFTER_HEADER] + _CHUNK + png[_AFTER_HEADER:]


def is_marked(head: bytes) -> bool:
    """Whether a file that begins so has the mark."""
    return _CHUNK in head[:HEAD_BYTES]


def has_our_name(name: str) -> bool:
    """Whether a picture is called as `salmap predict` calls those that it makes."""
    return _OUR_NAME.fullmatch(name) is not None

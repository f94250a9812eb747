"""What is too large, damaged or no picture at all."""

from __future__ import annotations

import io
import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, TiffImagePlugin

from salmap.errors import ImageError
from salmap.pictures import (
    MAX_PIXELS,
    image_size,
    load_image,
    sources,
)
from tests.pictures.making import encoded, photo


def test_one_pixel():
    for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"):
        data = encoded(Image.new("RGB", (1, 1), "white"), kind)
        assert load_image(data).tolist() == [[[255, 255, 255]]]
        assert image_size(data) == (1, 1)


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds no pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def test_a_picture_over_the_limit_is_refused_before_it_is_decoded():
    with pytest.raises(
        ImageError, match=r"10000 × 8000 pixels \(80\.0 megapixels\).*50 megapixels"
    ):
        load_image(png_header(10_000, 8_000))
    with pytest.raises(ImageError, match="50 megapixels"):
        load_image(Image.new("1", (10_000, 5_001)))
    with pytest.raises(ImageError, match="50 megapixels"):
        load_image(np.broadcast_to(np.uint8(0), (10_000, 5_001, 3)))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [12_000, 60_000])
def test_decompression_bombs_are_refused(side):
    with pytest.raises(ImageError, match="50 megapixels"):
        load_image(png_header(side, side))
    with pytest.raises(ImageError, match="50 megapixels"):
        image_size(png_header(side, side))


def test_the_limit_itself_is_allowed(monkeypatch):
    assert MAX_PIXELS == 50_000_000
    monkeypatch.setattr(sources, "MAX_PIXELS", 48)
    assert load_image(np.zeros((6, 8, 3), np.uint8)).shape == (6, 8, 3)
    with pytest.raises(ImageError):
        load_image(np.zeros((7, 7, 3), np.uint8))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.7, 0.95])
def test_a_truncated_picture_is_refused_by_name(kind, kept, tmp_path):
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(Image.fromarray(photo(96, 128)), kind, **options)
    path = tmp_path / "cut.img"
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(ImageError, match=r"cut\.img"):
        load_image(path)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "AVIF"]),
    where=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    length=st.integers(1, 30),
)
def test_damage_gives_a_picture_or_an_image_error(kind, where, byte, length):
    data = bytearray(encoded(Image.fromarray(photo(24, 32)), kind))
    start = int(where * len(data))
    data[start : start + length] = bytes([byte]) * length
    try:
        loaded = load_image(bytes(data))
    except ImageError as error:
        assert str(error).endswith(".")
    else:
        assert loaded.dtype == np.uint8
        assert loaded.ndim == 3


def test_what_is_no_picture_is_refused_by_name(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("This is no picture. " * 20)
    empty = tmp_path / "empty.jpg"
    empty.touch()
    cases = {
        text: r"notes\.txt is not a picture",
        empty: r"empty\.jpg is empty",
        tmp_path / "absent.png": r"no file .*absent\.png",
        tmp_path: "is a folder",
        tmp_path / "notes.txt" / "x.png": "can't be opened",
        "nul\0byte.png": "can't be opened",
        "x" * 5000: "can't be opened",
        b"": "The picture is empty",
        b"nonsense": "The picture is not a picture",
    }
    for source, message in cases.items():
        with pytest.raises(ImageError, match=message):
            load_image(source)
        with pytest.raises(ImageError, match=message):
            image_size(source)


def test_pipes_text_streams_and_other_things_are_refused(tmp_path):
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    with pytest.raises(ImageError, match=r"pipe\.jpg is not a regular file"):
        load_image(pipe)
    with pytest.raises(ImageError, match="opened as text"):
        load_image(io.StringIO("text"))
    for thing in (None, 3, [1, 2]):
        with pytest.raises(ImageError, match=type(thing).__name__):
            load_image(thing)


def test_an_upload_is_called_by_its_name():
    upload = io.BytesIO(b"nonsense")
    upload.name = "street.jpg"
    with pytest.raises(ImageError, match=r"street\.jpg is not a picture"):
        load_image(upload)


def test_formats_outside_the_list_are_refused():
    data = encoded(Image.new("RGB", (4, 4)), "PPM")
    with pytest.raises(ImageError, match="Use a JPEG, PNG"):
        load_image(data)


def test_pillow_is_left_as_it_was():
    def state() -> tuple:
        limits = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS)
        return (*limits, TiffImagePlugin.READ_LIBTIFF, tuple(Image.OPEN), len(Image.EXTENSION))

    before = state()
    load_image(encoded(Image.fromarray(photo()), "AVIF"))
    with pytest.raises(ImageError):
        load_image(encoded(Image.fromarray(photo()), "JPEG")[:300])
    assert state() == before


def test_ten_threads_read_the_same_pixels():
    data = encoded(Image.fromarray(photo(200, 300)), "PNG")
    broken = data[:400]

    def read(number: int) -> bool:
        if number % 3 == 0:
            with pytest.raises(ImageError):
                load_image(broken)
        return np.array_equal(load_image(data), photo(200, 300))

    with ThreadPoolExecutor(10) as pool:
        assert all(pool.map(read, range(40)))

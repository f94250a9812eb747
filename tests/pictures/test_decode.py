"""Reading pictures: every format and mode comes out upright, RGB, uint8; the rest is refused."""

from __future__ import annotations

import io
import math
import os
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile, TiffImagePlugin

from salmap.errors import ImageError
from salmap.pictures import (
    IMAGE_SUFFIXES,
    MAX_PIXELS,
    fit_size,
    image_size,
    load_image,
    resize,
    sources,
)

ORIENTATION = 0x0112


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def photo(height: int = 48, width: int = 64) -> np.ndarray:
    return cv2.resize(skimage.data.astronaut(), (width, height), interpolation=cv2.INTER_AREA)


def is_picture(array: np.ndarray, size: tuple[int, int]) -> bool:
    return (
        array.dtype == np.uint8
        and array.shape == (*size, 3)
        and array.flags.c_contiguous
        and array.flags.writeable
    )


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 12),
        ("JPEG", {"quality": 95, "subsampling": 0, "progressive": True}, 12),
        ("AVIF", {"quality": 95, "subsampling": "4:4:4"}, 12),
    ],
)
def test_every_format_gives_back_the_pixels(kind, options, tolerance, tmp_path):
    pixels = photo()
    data = encoded(Image.fromarray(pixels), kind, **options)
    path = tmp_path / "picture"  # the suffix must not matter
    path.write_bytes(data)
    for source in (data, path, str(path), io.BytesIO(data), bytearray(data)):
        loaded = load_image(source)
        assert is_picture(loaded, (48, 64))
        assert np.abs(loaded.astype(int) - pixels).mean() <= tolerance / 4
        assert image_size(source) == (48, 64)
    with path.open("rb") as stream:
        stream.seek(7)  # read from its beginning wherever it stands
        assert np.array_equal(load_image(stream), loaded)


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert load_image(data)[3, 4].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied_to_pixels_and_size(kind, orientation):
    upright = np.zeros((40, 24, 3), np.uint8)
    upright[:20, :12] = 255  # a white corner, top left
    undo = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a.swapaxes(0, 1), 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(undo[orientation](upright)))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = encoded(stored, kind, exif=exif)
    loaded = load_image(data)
    assert is_picture(loaded, (40, 24))
    assert np.abs(loaded.astype(int) - upright).mean() < 6
    assert image_size(data) == (40, 24)
    assert np.array_equal(load_image(Image.open(io.BytesIO(data))), loaded)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_unknown_or_damaged_orientation_does_not_cost_the_picture():
    exif = Image.Exif()
    exif[ORIENTATION] = 77
    assert load_image(encoded(Image.fromarray(photo()), "JPEG", exif=exif)).shape == (48, 64, 3)
    data = encoded(
        Image.fromarray(photo()), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f" + b"x" * 9
    )
    assert load_image(data).shape == (48, 64, 3)
    assert image_size(data) == (48, 64)


# --- modes ----------------------------------------------------------------------------------------


def test_gray_modes_agree():
    gray = np.linspace(0, 255, 64).round().astype(np.uint8)[None].repeat(8, 0)
    expected = np.repeat(gray[..., None], 3, axis=2)
    deep = gray.astype(np.uint16) * 257
    pictures = {
        "L": encoded(Image.fromarray(gray), "PNG"),
        "I;16": encoded(Image.fromarray(deep), "PNG"),
        "I;16 tiff": encoded(Image.fromarray(deep), "TIFF"),
        "I": encoded(Image.fromarray(deep.astype(np.int32)), "TIFF"),
        "F to 1": encoded(Image.fromarray(gray.astype(np.float32) / 255), "TIFF"),
        "F to 255": encoded(Image.fromarray(gray.astype(np.float32)), "TIFF"),
        "1 to 255 in 16 bits": encoded(Image.fromarray(gray.astype(np.uint16)), "TIFF"),
        "10 in 16 bits": encoded(Image.fromarray((gray * (1023 / 255)).astype(np.uint16)), "PNG"),
        "12 in 16 bits": encoded(Image.fromarray((gray * (4095 / 255)).astype(np.uint16)), "TIFF"),
        "F below 0": encoded(Image.fromarray(gray.astype(np.float32) * 3 - 500), "TIFF"),
    }
    for name, data in pictures.items():
        loaded = load_image(data)
        assert is_picture(loaded, (8, 64)), name
        assert np.abs(loaded.astype(int) - expected).max() <= 1, name


def test_a_gray_picture_of_not_finite_values_is_refused():
    values = np.full((4, 4), np.nan, np.float32)
    with pytest.raises(ImageError, match="not finite"):
        load_image(encoded(Image.fromarray(values), "TIFF"))


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bit_color(suffix):
    deep = photo().astype(np.uint16) * 257
    data = cv2.imencode(suffix, np.ascontiguousarray(deep[..., ::-1]))[1].tobytes()
    assert np.abs(load_image(data).astype(int) - photo()).max() <= 1


def test_one_bit():
    bits = np.zeros((5, 9), bool)
    bits[2, 3] = True
    for kind in ("PNG", "TIFF", "BMP"):
        loaded = load_image(encoded(Image.fromarray(bits), kind))
        assert np.array_equal(loaded, np.repeat(bits[..., None] * np.uint8(255), 3, axis=2))


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk(kind):
    # Pillow writes CMYK JPEGs with Adobe's marker, that is inverted
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 0] = 255  # full cyan, no other ink
    data = encoded(Image.fromarray(inks, "CMYK"), kind)
    red, green, blue = load_image(data)[8, 8].tolist()
    assert red < 30
    assert green > 150
    assert blue > 200


def test_palette_lab_and_ycbcr():
    colors = photo()
    palette = Image.fromarray(colors).quantize(256)
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        expected = np.asarray(palette.convert("RGB"))
        assert np.array_equal(load_image(encoded(palette, kind)), expected)
    ycbcr = encoded(Image.fromarray(colors).convert("YCbCr"), "TIFF")
    assert np.abs(load_image(ycbcr).astype(int) - colors).max() <= 3
    white = Image.new("LAB", (4, 4), (255, 128, 128))
    assert load_image(encoded(white, "TIFF")).min() >= 250


def test_what_is_transparent_lies_on_white():
    color = np.zeros((6, 8, 4), np.uint8)
    color[:, :4] = (200, 0, 0, 255)
    color[:, 4:] = (0, 0, 0, 0)
    color[0, 0] = (0, 0, 0, 128)
    for kind, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        loaded = load_image(encoded(Image.fromarray(color), kind, **options))
        assert loaded[3, 2].tolist() == [200, 0, 0]
        assert loaded[3, 6].tolist() == [255, 255, 255]
        assert abs(int(loaded[0, 0, 0]) - 127) <= 1
    gray_alpha = Image.fromarray(np.dstack([color[..., 0], color[..., 3]]), "LA")
    assert load_image(encoded(gray_alpha, "PNG"))[3, 6].tolist() == [255, 255, 255]


def test_transparent_colors_of_palette_and_key_lie_on_white():
    indices = Image.new("P", (6, 4), 1)
    indices.putpalette([0, 0, 255, 255, 0, 0])
    indices.paste(0, (0, 0, 3, 4))
    for kind in ("PNG", "GIF"):
        loaded = load_image(encoded(indices, kind, transparency=0))
        assert loaded[2, 1].tolist() == [255, 255, 255]
        assert loaded[2, 4].tolist() == [255, 0, 0]
    partly = load_image(encoded(indices, "PNG", transparency=bytes([128, 255])))
    assert abs(int(partly[2, 1, 0]) - 127) <= 1
    keyed = Image.new("RGB", (4, 4), (1, 2, 3))
    assert load_image(encoded(keyed, "PNG", transparency=(1, 2, 3))).min() == 255


def swapped_profile() -> bytes:
    """sRGB's own profile with the red and blue primaries exchanged, so that its work is seen."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"rXYZ", b"tXYZ").replace(b"bXYZ", b"rXYZ").replace(b"tXYZ", b"bXYZ")
    description = "sRGB built-in".encode("utf-16-be")
    return data.replace(description, "swap built-in".encode("utf-16-be"))


def test_a_color_profile_is_applied():
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    loaded = load_image(encoded(red, "PNG", icc_profile=swapped_profile()))
    assert loaded[4, 4, 2] > 250
    assert loaded[4, 4, 0] < 5
    with_alpha = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert load_image(encoded(with_alpha, "PNG", icc_profile=swapped_profile())).min() == 255


def test_a_color_profile_that_is_broken_or_does_not_fit_is_ignored():
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    assert load_image(encoded(red, "PNG", icc_profile=b"no profile"))[4, 4].tolist() == [255, 0, 0]
    gray = Image.new("L", (8, 8), 99)
    assert load_image(encoded(gray, "PNG", icc_profile=swapped_profile()))[4, 4, 0] == 99


# --- sizes ----------------------------------------------------------------------------------------


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


# --- what is refused ------------------------------------------------------------------------------


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


# --- arrays ---------------------------------------------------------------------------------------


def test_arrays():
    pixels = photo()
    assert np.array_equal(load_image(pixels), pixels)
    assert np.array_equal(load_image(pixels[:, ::-1]), pixels[:, ::-1])
    assert load_image(pixels[:, ::-1]).flags.c_contiguous
    assert np.array_equal(load_image(pixels.astype(np.float32) / 255), pixels)
    assert np.array_equal(load_image(pixels.astype(np.float64) / 255), pixels)
    assert load_image(pixels[..., 0])[5, 6].tolist() == [pixels[5, 6, 0]] * 3
    assert np.array_equal(load_image(pixels[..., :1]), load_image(pixels[..., 0]))
    assert np.array_equal(load_image(torch.from_numpy(pixels)), pixels)
    clear = np.dstack([pixels, np.zeros(pixels.shape[:2], np.uint8)])
    assert load_image(clear).min() == 255
    assert image_size(pixels) == (48, 64)


def test_what_rounding_carries_a_hair_beyond_the_range_is_clipped():
    shares = photo().astype(np.float32) / 255
    shares[0, 0] = -0.0000002, 1.0000002, 1.004
    assert load_image(shares)[0, 0].tolist() == [0, 255, 255]
    assert np.array_equal(load_image(shares)[1:], photo()[1:])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.full((4, 4, 3), np.nan), "finite values in"),
        (np.full((4, 4, 3), np.inf), "finite values in"),
        (np.full((4, 4, 3), -0.1), "finite values in .*undo a normalization"),
        (np.full((4, 4, 3), 200.0), "Divide by 255"),
        (np.full((4, 4, 3), 1.2), "clip"),
        (np.zeros((4, 4, 3), np.int64), "int64"),
        (np.zeros((4, 4, 3), np.uint16), "uint16"),
        (np.zeros((4, 4, 3), bool), "bool"),
        (np.zeros((4, 4, 3), complex), "complex"),
        (np.array([["a"]]), "<U1"),
        (np.zeros((3, 4, 5), np.uint8), r"channels last: array\.transpose"),
        (torch.zeros((3, 4, 5)), r"channels last: .*tensor\.permute"),
        (torch.zeros((4, 5, 3), requires_grad=True), r"tensor\.detach"),
        (np.zeros((2, 4, 4, 3), np.uint8), r"\(2, 4, 4, 3\)"),
        (np.zeros((0, 4, 3), np.uint8), "no pixels"),
        (np.zeros(4, np.uint8), r"\(4,\)"),
    ],
)
def test_arrays_that_are_no_picture_are_refused(array, message):
    with pytest.raises(ImageError, match=message):
        load_image(array)


# --- fit_size and resize --------------------------------------------------------------------------


def test_fit_size():
    assert fit_size((600, 800), 592, 16) == (448, 592)
    assert fit_size((800, 600), 592, 16) == (592, 448)
    assert fit_size((768, 1024), 512, 32) == (384, 512)
    assert fit_size((1, 1), 512, 32) == (512, 512)
    assert fit_size((1, 50_000_000), 512, 32) == (32, 512)
    assert fit_size((100, 100), 5, 32) == (32, 32)
    for bad in [((0, 5), 512, 32), ((5, 5), 0, 32), ((5, 5), 512, 0)]:
        with pytest.raises(ImageError, match="at least 1"):
            fit_size(*bad)


@given(
    height=st.integers(1, 10_000),
    width=st.integers(1, 10_000),
    long_side=st.integers(1, 2_000),
    multiple=st.sampled_from([1, 4, 14, 16, 32]),
)
def test_fit_size_keeps_multiples_and_proportion(height, width, long_side, multiple):
    fitted = fit_size((height, width), long_side, multiple)
    assert all(side % multiple == 0 and side >= multiple for side in fitted)
    assert max(fitted) == max(multiple, math.floor(long_side / multiple + 0.5) * multiple)
    assert (fitted[0] >= fitted[1]) == (height >= width) or fitted[0] == fitted[1]
    exact = min(height, width) * max(fitted) / max(height, width)
    assert min(fitted) == multiple or abs(min(fitted) - exact) <= multiple / 2 + 1e-6


@pytest.mark.parametrize("size", [(24, 32), (96, 128), (24, 128), (96, 32), (1, 1), (48, 64)])
def test_resize_keeps_type_and_mean(size):
    pixels = photo()
    before = pixels.copy()
    resized = resize(pixels, size)
    assert resized.shape == (*size, 3)
    assert resized.dtype == np.uint8
    assert np.allclose(resized.mean((0, 1)), pixels.mean((0, 1)), atol=1.5)
    assert np.array_equal(pixels, before)
    assert not np.shares_memory(resized, pixels)


def test_resize_averages_when_shrinking_and_clips_when_growing():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)
    board = np.repeat(board[..., None], 3, axis=2)
    assert np.abs(resize(board, (16, 16)).astype(int) - 128).max() <= 1  # no aliasing
    edge = np.zeros((8, 8, 3), np.uint8)
    edge[:, 4:] = 255
    grown = resize(edge, (8, 64))
    assert (np.diff(grown[4, 30:34, 0].astype(int)) > 0).all()  # smooth, no steps
    assert grown[:, :20].max() == 0  # overshoot neither wraps round nor rings far
    assert grown[:, -20:].min() == 255


def test_resize_of_one_row():
    assert resize(photo(1, 5000), (4, 512)).shape == (4, 512, 3)
    assert resize(photo(5000, 1), (512, 4)).shape == (512, 4, 3)


def test_suffixes():
    assert {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"} <= IMAGE_SUFFIXES
    assert all(suffix == suffix.lower() == Path("x" + suffix).suffix for suffix in IMAGE_SUFFIXES)

"""Reading pictures: every format and mode comes out upright, RGB, uint8; the rest is refused."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from salmap.errors import ImageError
from salmap.pictures import (
    IMAGE_SUFFIXES,
    image_size,
    load_image,
)
from tests.pictures.making import encoded, photo

ORIENTATION = 0x0112


def is_picture(array: np.ndarray, size: tuple[int, int]) -> bool:
    return (
        array.dtype == np.uint8
        and array.shape == (*size, 3)
        and array.flags.c_contiguous
        and array.flags.writeable
    )


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


def test_suffixes():
    assert {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"} <= IMAGE_SUFFIXES
    assert all(suffix == suffix.lower() == Path("x" + suffix).suffix for suffix in IMAGE_SUFFIXES)

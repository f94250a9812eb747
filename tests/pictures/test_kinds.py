"""What a file is, whatever it is called: kinds that are read, and kinds that are named instead."""

from __future__ import annotations

import base64
import io

import cv2
import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from salmap.errors import ImageError
from salmap.pictures import image_size, load_image
from tests.pictures.odd_files import encoded, exif, profile, scene, xmp

#: the scene of `odd_files`, 20 x 12 pixels, lying on its side
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAcdtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB6wABAAAAAAAAAQcAAgAAAAAC8gABAAAAAAAAACQAAAA4aWluZgAA"
    "AAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAABBmlwcn"
    "AAAADlaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPBiQAAABNjb2xybm"
    "NseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAFAAAAAEAAAAMAAAAAf///9QAAAAC////zAAA"
    "AAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3QDAAAAGWlwbWEAAAAAAAAAAQABBoECAwWEhgAAABppcmVmAAAAAAAAAA"
    "5jZHNjAAIAAQABAAABM21kYXQAAAEDKAGvBPIIrhoagEb1TAvNIK8+Jn/3+XGtkkRo4lS+meVsZF1xZQl6NaWNaZ2d"
    "Ytk8odLrMQbwBhf/+4oVfR6rKyTpGiVDK+/3F1/+gAI7xfO43iTshDYXGg9iHQc+2xifWCesmPlPClZJTMwRUbiYtQ"
    "IXjz8e6dRVJS81GiPx/i+IgwEga6wEDukpOLBElW8ZUJJD63aAYqEcVlGaD2/PWnpWQhkcXA3xHbZBeosN0XrkeizQ"
    "S5Uux/RVZOlwWfOcuixY36YX4uIvBIXBPAh91Eako/qxMAApuKV4UoQB7Tl/9qePmaz1hqh3kQOs4tS1isjaJi0i4x"
    "1xVf0Vg++bGxIMgAAAAAZFeGlmAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA=="
)


def test_a_heic_is_read_and_held_upright() -> None:
    loaded = load_image(HEIC)
    assert loaded.shape == (20, 12, 3)
    assert image_size(HEIC) == (20, 12)
    expected = np.rot90(np.asarray(Image.fromarray(scene()).resize((20, 12))), -1)
    assert np.abs(loaded.astype(int) - expected).mean() < 6
    with pytest.raises(ImageError, match="damaged"):
        load_image(HEIC[:-100])


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<svg></svg>", "an SVG drawing"),
        (b"  <svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"8BPS\0\1", "a Photoshop document"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
        (b"P6 2 2 255 123123123123", "a Netpbm picture"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "a camera's raw file"),
        (bytes(128) + b"DICM", "a DICOM picture"),
        (b"PK\3\4", "a ZIP archive"),
    ],
)
def test_a_kind_that_is_not_read_is_called_by_its_name(head: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=f"is {name}.* not supported. Use a JPEG, PNG") as caught:
        load_image(head + bytes(60))
    assert "damaged" not in str(caught.value)


def test_a_raw_file_is_not_taken_for_the_small_copy_in_it() -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    raw = encoded(Image.fromarray(scene()), "TIFF", tiffinfo=tags)
    with pytest.raises(ImageError, match="a camera's raw file"):
        load_image(raw)


def test_an_unusual_file_of_a_kind_that_is_read_is_not_called_something_else() -> None:
    floating = cv2.imencode(".tiff", scene().astype(np.float32))[1].tobytes()
    with pytest.raises(ImageError, match="is a TIFF file of an unusual kind"):
        load_image(floating)


def test_only_exif_before_the_pixels_turns_a_picture() -> None:
    picture = Image.fromarray(scene())
    for kind, options in (
        ("JPEG", {"xmp": xmp(6)}), ("AVIF", {"xmp": xmp(6)}), ("WEBP", {"exif": exif(6)}),
        ("WEBP", {"xmp": xmp(6)}), ("JPEG", {"exif": exif(9)}),
    ):  # fmt: skip
        data = encoded(picture, kind, **options)
        assert load_image(data).shape == (*image_size(data), 3) == scene().shape, (kind, options)


def test_a_profile_that_only_calls_itself_srgb_is_applied() -> None:
    flat = Image.new("RGB", (8, 8), (100, 100, 100))
    linear = encoded(flat, "JPEG", icc_profile=profile("sRGB linear", 1.0))
    assert abs(int(load_image(linear)[4, 4, 0]) - 167) <= 2  # the linear share 100 / 255 in sRGB


JPEGS = {
    "usual": ("RGB", {}), "progressive": ("RGB", {"progressive": True}), "gray": ("L", {}),
    "inks": ("CMYK", {}), "restarts": ("RGB", {"restart_marker_rows": 1}),
}  # fmt: skip


@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_may_lack_its_end_mark_but_no_pixels(kind: str) -> None:
    mode, options = JPEGS[kind]
    picture = Image.fromarray(np.tile(scene(), (4, 4, 1))).convert(mode)
    data = encoded(picture, "JPEG", quality=95, **options)
    whole = load_image(data)
    for missing in (1, 2):
        assert np.array_equal(load_image(data[:-missing]), whole)
        assert np.array_equal(load_image(io.BytesIO(data[:-missing])), whole)
    for missing in (len(data) // 20, len(data) // 2):
        with pytest.raises(ImageError, match="incomplete"):
            load_image(data[:-missing])

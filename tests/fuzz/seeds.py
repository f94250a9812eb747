"""Small real files of every kind that people bring, from which damaged ones are made."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skimage.data
from PIL import Image, ImageCms, features

from salmap.models import CLASSICAL
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo
from salmap.weights.resolve import assets_folder
from tests.fixations.test_trackers import SCANPATHS, TABLES, hdf5

_PHOTO = Image.fromarray(skimage.data.astronaut()[40:88, 180:244])


def photo() -> Image.Image:
    """A photo of 64 x 48 pixels."""
    return _PHOTO


def pictures() -> list[tuple[str, bytes]]:
    """(name, bytes) of a photo in each format, and in the variants that decoders treat apart."""
    return [(f"a.{suffix}", data) for suffix, data in _pictures()]


def maps() -> list[tuple[str, bytes]]:
    """(name, bytes) of maps: arrays of several types, in both orders, and gray pictures."""
    values = np.asarray(_PHOTO.convert("L"), np.float64)
    arrays = [values.astype(kind) for kind in ("f2", "f4", ">f8", "u1", "?")]
    arrays += [np.asfortranarray(values), np.log(values / values.sum() + 1e-9), values[None]]
    found = []
    for array in arrays:
        stream = io.BytesIO()
        np.save(stream, array)
        found.append(("a.npy", stream.getvalue()))
    return [*found, ("a.png", _saved(_PHOTO.convert("L"), "PNG"))]


def tables() -> list[tuple[str, bytes]]:
    """(name, bytes) of tables of fixations and files of areas, as several programs write them."""
    rows = [("cat.jpg", f"s{i % 3}", 3.5 * i, 41 - 1.25 * i, 200 + i) for i in range(16)]
    plain = "image,subject,x,y,duration_ms\n" + "".join(
        ",".join(map(str, row)) + "\n" for row in rows
    )
    german = "sep=;\n" + plain.replace(",", ";").replace(".", ",").replace("a,png", "a.png")
    areas = "picture,name,left,top,right,bottom\na.png,button,1,2,30,40\na.png,logo,5,5,20,12\n"
    shape = {"label": "logo", "points": [[1, 1], [30, 20]], "shape_type": "rectangle"}
    labelme = {"imagePath": "a.png", "imageHeight": 48, "imageWidth": 64, "shapes": [shape]}
    coco = {
        "images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}],
        "categories": [{"id": 1, "name": "logo"}],
        "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 20]}],
    }
    texts = {
        "plain.csv": plain,
        "german.csv": german,
        "tabs.tsv": plain.replace(",", "\t"),
        "spaces.txt": plain.replace(",", " "),
        "samples.csv": "timestamp,x,y\n" + "".join(f"{16.7 * i:.1f},{i},{i}\n" for i in range(40)),
        "areas.csv": areas,
        "labelme.json": json.dumps(labelme, indent=1),
        "coco.json": json.dumps(coco, indent=1),
    }
    found = [(name, text.encode()) for name, text in texts.items()]
    found += [("tracker.txt", text.encode()) for text in TABLES.values()]
    return [*found, ("a.h5", hdf5(**SCANPATHS)), ("a.h5", hdf5(x=[1.5], y=[2.5], n=[0]))]


def archives() -> list[tuple[str, bytes]]:
    """(name, bytes) of ZIPs with data sets."""
    photo, table, gray = _saved(_PHOTO, "JPEG"), tables()[0][1], maps()[0][1]
    found = []
    for files in (
        {"images/cat.jpg": photo, "fixations.csv": table},
        {"D/Images/cat.jpg": photo, "D/maps/cat.npy": gray},
    ):
        for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", way) as archive:
                for name, data in files.items():
                    archive.writestr(name, data)
            found.append(("data.zip", stream.getvalue()))
    return found


def weights(folder: Path) -> list[tuple[str, bytes]]:
    """(name, bytes) of weight files: the classical models and a network.

    Args:
        folder: where files may be made.
    """
    found = [("m.safetensors", (assets_folder() / "lite.safetensors").read_bytes())]
    for model in CLASSICAL.values():
        made = model()
        write_tensors(
            folder / "made.safetensors",
            made.tensors(),
            ModelInfo("m", made.architecture, made.config()),
        )
        found.append(("m.safetensors", (folder / "made.safetensors").read_bytes()))
    return found


def _pictures() -> Iterator[tuple[str, bytes]]:
    gray, palette, clear = _PHOTO.convert("L"), _PHOTO.quantize(32), _PHOTO.convert("RGBA")
    clear.putalpha(gray)
    deep = Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    extra: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    yield "jpg", _saved(_PHOTO, "JPEG", **extra)
    yield "jpg", _saved(_PHOTO, "JPEG", progressive=True, subsampling=0)
    yield "jpg", _saved(_PHOTO.convert("CMYK"), "JPEG")
    yield "jpg", _saved(gray, "JPEG", restart_marker_rows=1)
    for image in (_PHOTO, gray, palette, clear, deep, gray.convert("1"), clear.convert("LA")):
        yield "png", _saved(image, "PNG", **(extra if image is _PHOTO else {}))
    yield "png", _saved(_PHOTO, "PNG", save_all=True, append_images=[_PHOTO.rotate(90)])
    for image, options in ((_PHOTO, extra), (clear, {"lossless": True}), (_PHOTO, {"quality": 5})):
        yield "webp", _saved(image, "WEBP", **options)
    yield "webp", _saved(_PHOTO, "WEBP", save_all=True, append_images=[gray.convert("RGB")])
    for image in (_PHOTO, palette, gray.convert("1"), clear):
        yield "bmp", _saved(image, "BMP")
    floating = Image.fromarray(np.asarray(gray, np.float32) / 255)
    for image in (_PHOTO, deep, floating, clear, palette):
        for way in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            yield "tif", _saved(image, "TIFF", compression=way)
    yield "tif", _saved(_PHOTO, "TIFF", compression="jpeg")
    yield "tif", _saved(gray.convert("1"), "TIFF", compression="group4")
    yield "gif", _saved(palette, "GIF")
    yield "gif", _saved(palette, "GIF", save_all=True, append_images=[palette.rotate(90)])
    if features.check("avif"):
        yield "avif", _saved(_PHOTO, "AVIF", **extra)
        yield "avif", _saved(clear, "AVIF", quality=30)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()

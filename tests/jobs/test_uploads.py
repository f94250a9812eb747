"""Uploaded ZIPs: what is taken, and what is refused."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from salmap.errors import DatasetError
from salmap.jobs.uploads import Limits, keep, kept, remove, unpack

PICTURE = b"not decoded here"


def packed(*members: tuple[str | zipfile.ZipInfo, bytes], compressed: bool = False) -> io.BytesIO:
    stream = io.BytesIO()
    way = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", way) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream


def files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def refused(archive: io.BytesIO, folder: Path, words: str, limits: Limits | None = None) -> None:
    """It is refused in these words, and nothing of it is left."""
    uploads = folder / "uploads"
    with pytest.raises(DatasetError, match=words):
        keep("data.zip", archive, uploads, limits)
    assert kept(uploads) == []
    assert not uploads.exists() or list(uploads.iterdir()) == []
    assert files(folder) == []


def test_pictures_and_tables_are_taken_and_the_rest_is_left(tmp_path):
    archive = packed(
        ("gaze/images/a.png", PICTURE),
        ("gaze/images/birds/b.JPG", PICTURE),
        ("gaze/fixations.csv", b"image,subject,x,y\n"),
        ("gaze/readme.md", b"words"),
        ("gaze/run.sh", b"#!/bin/sh"),
        ("gaze/images/.hidden.png", PICTURE),
        ("__MACOSX/gaze/images/._a.png", PICTURE),
    )
    assert unpack(archive, tmp_path) == 3
    assert files(tmp_path) == ["fixations.csv", "images/a.png", "images/birds/b.JPG"]
    assert (tmp_path / "images/a.png").read_bytes() == PICTURE


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a.png", "fixations.csv"), ["fixations.csv", "images/a.png"]),
        (("x/y/a.png", "x/y/fixations.csv"), ["fixations.csv", "images/a.png"]),
        (("a.png", "maps/a.png"), ["images/a.png", "maps/a.png"]),
        (("images/a.png", "maps/a.png"), ["images/a.png", "maps/a.png"]),
        (("images/a.png",), ["images/a.png"]),
        (("d/cats/a.png", "d/dogs/a.png"), ["images/cats/a.png", "images/dogs/a.png"]),
        (("Images/a.png", "Fixations.CSV"), ["fixations.csv", "images/a.png"]),
        (("D/IMAGES/a.png", "D/Maps/a.npy"), ["images/a.png", "maps/a.npy"]),
        (("stimuli/b/a.png", "fixations.tsv"), ["fixations.tsv", "images/b/a.png"]),
        (
            ("photos/a.png", "photos/b.png", "gaze.csv"),
            ["fixations.csv", "images/a.png", "images/b.png"],
        ),
        (("d\\Images\\a.png", "d\\fixations.csv"), ["fixations.csv", "images/a.png"]),
        (("images/images/a.png", "images/fixations.csv"), ["fixations.csv", "images/a.png"]),
        (("images/a.png", "table/fixations.csv"), ["fixations.csv", "images/a.png"]),
        (("images/a.png", "Maps/a.png", "notes.csv"), ["images/a.png", "maps/a.png", "notes.csv"]),
    ],
)
def test_folders_are_put_right(tmp_path, names, expected):
    unpack(packed(*((name, PICTURE) for name in names)), tmp_path)
    assert files(tmp_path) == expected


@pytest.mark.parametrize(
    "name",
    ["../a.png", "images/../../a.png", "/etc/a.png", "..\\a.png", "C:\\a.png", "\\\\host\\a.png"],
)
def test_paths_that_lead_outside_are_refused(tmp_path, name):
    refused(packed(("images/a.png", PICTURE), (name, PICTURE)), tmp_path, "leads outside")


def test_links_are_refused(tmp_path):
    link = zipfile.ZipInfo("images/a.png")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(packed((link, b"/etc/passwd")), tmp_path, "a link")


def test_too_many_files_are_refused(tmp_path):
    archive = packed(*((f"images/{i}.png", PICTURE) for i in range(4)))
    refused(archive, tmp_path, "holds 4 files", Limits(files=3))


def test_a_table_of_contents_that_fills_the_memory_is_refused(tmp_path):
    archive = packed(("images/a.png", PICTURE))
    data = bytearray(archive.getvalue())
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + 12, 30_000_000)
    refused(io.BytesIO(bytes(data)), tmp_path, "too many files")


def test_what_claims_to_be_too_large_is_refused(tmp_path):
    archive = packed(("images/a.png", bytes(10_000)), compressed=True)
    refused(archive, tmp_path, "larger once unpacked", Limits(unpacked_bytes=9_999))


def test_what_lies_about_its_size_is_stopped(tmp_path):
    """A bomb that claims 10 bytes and holds many more never gets to write them."""
    data = bytearray(packed(("images/a.png", bytes(5_000_000)), compressed=True).getvalue())
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<L", data, data.find(signature) + place, 10)
    refused(io.BytesIO(bytes(data)), tmp_path, "damaged|larger", Limits(unpacked_bytes=1_000))


def test_the_bound_holds_for_all_files_together(tmp_path):
    archive = packed(*((f"images/{i}.png", bytes(400)) for i in range(3)))
    refused(archive, tmp_path, "larger once unpacked", Limits(unpacked_bytes=1_000))


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "no ZIP"), (b"just words", "no ZIP"), (b"PK\x03\x04" + bytes(100), "no ZIP")],
)
def test_what_is_no_zip_is_refused(tmp_path, data, words):
    refused(io.BytesIO(data), tmp_path, words)


def test_a_cut_or_damaged_zip_is_refused(tmp_path):
    data = packed(("images/a.png", os.urandom(5_000))).getvalue()
    refused(io.BytesIO(data[:-40]), tmp_path, "no ZIP")
    damaged = bytearray(data)
    damaged[100] ^= 255
    refused(io.BytesIO(bytes(damaged)), tmp_path, "damaged")


def test_a_password_is_refused(tmp_path):
    data = bytearray(packed(("images/a.png", PICTURE)).getvalue())
    data[data.find(b"PK\x01\x02") + 8] |= 1
    refused(io.BytesIO(bytes(data)), tmp_path, "password")


def test_a_zip_without_pictures_is_refused(tmp_path):
    refused(packed(("notes.txt", b"words")), tmp_path, "no picture")


def test_two_files_of_one_name_are_refused_or_one(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        archive = packed(("images/a.png", b"one"), ("images/a.png", b"two"))
    unpack(archive, tmp_path)
    assert (tmp_path / "images/a.png").read_bytes() == b"two"


def test_names_that_mean_the_same_are_refused(tmp_path):
    archive = packed(("images/a.png", b"one"), ("Images/a.png", b"two"))
    refused(archive, tmp_path, "images/a.png and Images/a.png")


def test_names_in_utf8_are_read_whatever_packed_them(tmp_path):
    """The archiver of macOS writes UTF-8, decomposed, and does not say so."""
    data = packed(("images/cafxx.png", PICTURE)).getvalue().replace(b"cafxx", "caf\u00e9".encode())
    unpack(io.BytesIO(data), tmp_path / "unmarked")
    unpack(packed(("images/cafe\u0301.png", PICTURE)), tmp_path / "decomposed")
    for folder in tmp_path.iterdir():
        assert files(folder) == ["images/caf\u00e9.png"]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    archive = packed(("images/a.png", PICTURE), ("images/a.png/b.png", PICTURE))
    refused(archive, tmp_path, "can't be unpacked")


def test_the_same_upload_is_kept_once_and_can_be_removed(tmp_path):
    archive = packed(("images/a.png", PICTURE))
    first = keep("My viewers/../x (1).zip", archive, tmp_path)
    assert keep("other.zip", packed(("images/b.png", PICTURE)), tmp_path) != first
    assert keep("My viewers/../x (1).zip", archive, tmp_path) == first
    assert first.parent == tmp_path
    assert first.name.startswith("x-1-")
    assert len(kept(tmp_path)) == 2
    remove(first)
    assert first not in kept(tmp_path)

"""Data sets that visitors upload: a ZIP unpacked without trusting anything in it.

Taken are pictures, `.npy` maps and the table; the rest is left out. Nothing is written outside the
folder, links are refused, and count and size are bounded while bytes are written, whatever the ZIP
claims.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from salmap.datasets.folder import MAPS, PICTURES, TABLES
from salmap.datasets.map_files import MAP_SUFFIXES
from salmap.errors import DatasetError
from salmap.jobs.zip_layout import is_wanted, path_of, places_of

#: what a ZIP may hold at most
MAX_FILES = 20_000
MAX_UNPACKED_BYTES = 4_000_000_000
#: the ZIP's own table of contents is read whole before anything can be counted
MAX_DIRECTORY_BYTES = 20_000_000

TABLE = TABLES[0]
_CHUNK = 1 << 20
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_END, _END_SIZE, _LONGEST_COMMENT = b"PK\x05\x06", 22, 1 << 16
_ZIP64_LOCATOR, _ZIP64_LOCATOR_SIZE = b"PK\x06\x07", 20


@dataclass(frozen=True)
class Limits:
    """How much is unpacked at most: files, and bytes of all together."""

    files: int = MAX_FILES
    unpacked_bytes: int = MAX_UNPACKED_BYTES


def keep(name: str, archive: BinaryIO, folder: Path, limits: Limits | None = None) -> Path:
    """Unpack an uploaded ZIP into a folder of its own, once for each content.

    Args:
        name: of the uploaded file, as it came.
        archive: its bytes, seekable.
        folder: where uploaded data sets are kept; it is made if need be.
        limits: the usual ones if None.

    Returns:
        The data set's folder, with `images` and `maps` or `fixations.csv` (layout "folder").

    Raises:
        DatasetError: saying what is wrong with the ZIP; nothing is left behind.
    """
    digest = _digest(archive)[:12]
    stem = re.sub(r"[^\w-]+", "-", PurePosixPath(name.replace("\\", "/")).stem).strip("-")[:40]
    target = folder / f"{stem or 'data'}-{digest}"
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".unpacking-"))
    try:
        unpack(archive, scratch, limits)
        scratch.chmod(0o755)
        scratch.rename(target)
    except OSError as error:
        if not target.is_dir():  # else somebody else unpacked the same a moment earlier
            raise DatasetError(
                f"The ZIP can't be unpacked on this server: {error.strerror}."
            ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def kept(folder: Path) -> list[Path]:
    """The data sets in a folder of uploads, newest first."""
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    return sorted(found, key=lambda path: path.stat().st_mtime, reverse=True)


def remove(dataset: Path) -> None:
    """Delete an uploaded data set."""
    shutil.rmtree(dataset, ignore_errors=True)


def unpack(archive: BinaryIO, folder: Path, limits: Limits | None = None) -> int:
    """Unpack pictures, maps and the table of a ZIP into an empty folder, in the layout "folder".

    A folder around everything is left out, capitals and backslashes make no difference; where
    there is no folder `images` or `stimuli`, the pictures are put into one.

    Returns:
        How many files were written.

    Raises:
        DatasetError: if it is no ZIP, is damaged, encrypted, too large, or holds links, paths that
            lead outside or nothing to use.
        OSError: if the disk can't be written.
    """
    limits = limits or Limits()
    _check_directory(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            targets = _targets(opened.infolist(), limits)
            left = limits.unpacked_bytes
            for info, target in targets:
                left -= _write(opened, info, folder / target, left)
    except (DatasetError, OSError):
        raise
    except Exception as error:  # on damaged files, zipfile raises almost anything
        raise _damaged(error) from error
    return len(targets)


def _digest(archive: BinaryIO) -> str:
    archive.seek(0)
    digest = hashlib.sha256()
    while chunk := archive.read(2**20):
        digest.update(chunk)
    return digest.hexdigest()


def _check_directory(archive: BinaryIO) -> None:
    """Refuse what is no ZIP, and a table of contents that would fill the memory."""
    size = archive.seek(0, os.SEEK_END)
    archive.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT - _ZIP64_LOCATOR_SIZE))
    tail = archive.read()
    archive.seek(0)
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_SIZE:
        raise DatasetError("The file is no ZIP, or its end is missing. Pack and upload it again.")
    (directory_bytes,) = struct.unpack_from("<L", tail, end + 12)
    is_zip64 = tail[max(0, end - _ZIP64_LOCATOR_SIZE) :].startswith(_ZIP64_LOCATOR)
    if directory_bytes > MAX_DIRECTORY_BYTES or is_zip64:
        raise DatasetError(f"The ZIP holds too many files. At most {MAX_FILES} are taken.")


def _targets(members: list[zipfile.ZipInfo], limits: Limits) -> list[tuple[zipfile.ZipInfo, str]]:
    """Members that are taken, each with its path in the data set."""
    if len(members) > limits.files:
        raise DatasetError(
            f"The ZIP holds {len(members)} files. At most {limits.files} are taken: use a folder "
            "on the server instead."
        )
    for member in members:
        _refuse_unsafe(member)
    wanted = {path: member for member in members if is_wanted(path := path_of(member))}
    if not any(path.suffix.lower() in MAP_SUFFIXES for path in wanted):
        raise DatasetError(
            f"The ZIP holds no picture. It needs pictures in a folder {PICTURES[0]}, and {TABLE} "
            f"or a folder {MAPS[0]} with a map for each."
        )
    if sum(member.file_size for member in wanted.values()) > limits.unpacked_bytes:
        raise _too_large(limits.unpacked_bytes)
    places = places_of(wanted)
    return [(member, places[path].as_posix()) for path, member in wanted.items()]


def _refuse_unsafe(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise DatasetError(f"The ZIP has a path that leads outside: {name[:80]!r}. Pack it anew.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise DatasetError(f"The ZIP has a link in it, {name[:80]!r}. Put the file itself there.")
    if member.flag_bits & 1:
        raise DatasetError("The ZIP has a password. Pack it without one.")
    if member.compress_type not in _PACKED:  # LZMA could ask for any amount of memory
        raise _damaged(f"by method {member.compress_type}")


def _write(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one member and count its bytes; no more than `left` are written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := _read(source):
            written += len(chunk)
            if written > left:
                raise _too_large(left)
            file.write(chunk)
    return written


def _read(source: IO[bytes]) -> bytes:
    try:
        return source.read(_CHUNK)
    except Exception as error:  # bzip2 raises OSError on damaged data
        raise _damaged(error) from error


def _damaged(why: object) -> DatasetError:
    return DatasetError(f"The ZIP is damaged or packed in an unusual way ({why}). Pack it anew.")


def _too_large(limit: int) -> DatasetError:
    return DatasetError(
        f"The ZIP is too large once unpacked: more than {MAX_UNPACKED_BYTES / 1e9:.0f} GB. Use "
        "smaller pictures, or a folder on the server."
        if limit == MAX_UNPACKED_BYTES
        else "The ZIP is larger once unpacked than is allowed. Use smaller pictures, or a folder "
        "on the server."
    )

"""Files at any address: local paths, s3://, gs:// and whatever else fsspec knows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fsspec import AbstractFileSystem
from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem

from salmap.errors import SalmapError
from salmap.files import replace_file

#: where a file appears when it is complete, not before
_WHOLE_OR_NOT_AT_ALL = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oci", "oss", "memory"}


def connect(address: str) -> tuple[AbstractFileSystem, str]:
    """The file system behind an address, and the path in it.

    Raises:
        SalmapError: if the kind of address is unknown or its package is not installed.
    """
    try:
        return url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise SalmapError(f"{address} can't be used: {error}.") from error


def address_of(files: AbstractFileSystem, path: str) -> str:
    """How a path of a file system is written anywhere in the cluster; local paths stay paths."""
    return path if isinstance(files, LocalFileSystem) else str(files.unstrip_protocol(path))


def everywhere(address: str) -> str:
    """An address that means the same on each machine: a relative path becomes a whole one."""
    return address_of(*connect(address)).rstrip("/")


def read(address: str) -> bytes:
    """The bytes of a file.

    Raises:
        OSError: if it does not exist or can't be read.
    """
    files, path = connect(address)
    return bytes(files.cat_file(path))


def names_in(folder: str) -> set[str]:
    """The names of what lies in a folder; none if the folder does not exist.

    Raises:
        SalmapError: if it can't be read.
    """
    files, path = connect(folder)
    try:
        return {found.rstrip("/").rpartition("/")[2] for found in files.ls(path, detail=False)}
    except FileNotFoundError:
        return set()
    except Exception as error:  # each kind of storage has its own
        reason = f"{type(error).__name__}: {error}"
        raise SalmapError(f"{folder} can't be read ({reason}). Check its address.") from error


def remove_parts(folder: str, ours: Callable[[str], bool]) -> None:
    """Remove what was half written when a run was killed.

    Args:
        folder: the address of a folder.
        ours: whether a file of this name would be one of the run.
    """
    files, path = connect(folder)
    for name in names_in(folder):
        if name.startswith(".") and name.endswith(".part") and ours(name[1:].rsplit(".", 2)[0]):
            files.rm_file(f"{path}/{name}")


def write(address: str, data: bytes) -> None:
    """Write a file: a reader finds all of it or nothing of it.

    Raises:
        OSError: if it can't be written.
    """
    files, path = connect(address)
    if isinstance(files, LocalFileSystem):
        replace_file(Path(path), data)
        return
    with _appearing_whole(files, path) as target:
        files.pipe_file(target, data)


@contextmanager
def written_locally(address: str) -> Iterator[Path]:
    """A local file to be filled, which then appears at the address, all of it at once.

    Nothing appears if the block raises.

    Raises:
        OSError: if it can't be written.
    """
    files, path = connect(address)
    local = isinstance(files, LocalFileSystem)
    if local:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    folder, name = path.rsplit("/", 1)
    handle, temporary = tempfile.mkstemp(
        dir=folder if local else None, prefix=f".{name}.", suffix=".part"
    )
    os.close(handle)
    try:
        yield Path(temporary)
        if local:
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        else:
            with _appearing_whole(files, path) as target:
                files.put_file(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)


@contextmanager
def _appearing_whole(files: AbstractFileSystem, path: str) -> Iterator[str]:
    """Where to write so that `path` is never half there; its folder is made."""
    folder, _, name = path.rpartition("/")
    files.makedirs(folder, exist_ok=True)
    protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
    if protocols & _WHOLE_OR_NOT_AT_ALL:
        yield path
        return
    part = f"{folder}/.{name}.x.part"
    yield part
    files.mv(part, path)

"""Addresses of any kind: found, read and written whole."""

from __future__ import annotations

import fsspec
import pytest

from salmap.errors import SalmapError
from salmap.outputs.cluster import storage


@pytest.fixture(params=["local", "memory"])
def folder(request, tmp_path):
    if request.param == "local":
        return str(tmp_path / "bucket")
    return "memory://bucket"


def test_what_is_written_is_read(folder):
    assert storage.names_in(folder) == set()
    storage.write(f"{folder}/deep/a.png", b"picture")
    with storage.written_locally(f"{folder}/deep/b.parquet") as path:
        path.write_bytes(b"table")
    assert storage.names_in(f"{folder}/deep") == {"a.png", "b.parquet"}
    assert storage.read(f"{folder}/deep/a.png") == b"picture"
    assert storage.read(f"{folder}/deep/b.parquet") == b"table"
    with pytest.raises(FileNotFoundError):
        storage.read(f"{folder}/deep/c.png")


def test_a_file_that_fails_halfway_never_appears(folder):
    with pytest.raises(ZeroDivisionError), storage.written_locally(f"{folder}/a.parquet") as path:
        path.write_bytes(b"half")
        raise ZeroDivisionError
    assert storage.names_in(folder) == set()


def test_half_written_files_of_this_run_alone_are_removed(folder):
    for name in (".a.png.x_1.part", ".b.png.x.part", "a.png.part"):
        storage.write(f"{folder}/{name}", b"half")
    storage.remove_parts(folder, {"a.png"}.__contains__)
    assert storage.names_in(folder) == {".b.png.x.part", "a.png.part"}


def test_where_files_grow_in_place_they_are_written_beside_and_renamed(tmp_path, monkeypatch):
    """As on SFTP or HDFS; the memory file system plays them."""
    files = fsspec.filesystem("memory")
    monkeypatch.setattr(storage, "_WHOLE_OR_NOT_AT_ALL", frozenset())
    moved = []
    move = files.mv
    monkeypatch.setattr(files, "mv", lambda *paths: (moved.append(paths), move(*paths)))
    storage.write("memory://sftp/a.png", b"picture")
    assert moved == [("/sftp/.a.png.x.part", "/sftp/a.png")]
    assert storage.names_in("memory://sftp") == {"a.png"}


def test_local_paths_become_whole_and_addresses_stay(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert storage.everywhere("photos/") == str(tmp_path / "photos")
    assert storage.everywhere(f"file://{tmp_path}/a b") == str(tmp_path / "a b")


@pytest.mark.parametrize("address", ["nowhere://bucket/a.jpg", "adl://store/a.jpg"])
def test_an_address_that_cannot_be_used_says_why(address):
    with pytest.raises(SalmapError, match=f"{address} can't be used: .*(not known|nstall)"):
        storage.connect(address)

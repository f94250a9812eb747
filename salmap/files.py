"""Finding files in folders, and writing them so that nobody ever finds half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path


def name_as_text(name: str) -> str:
    r"""A file's name as text that can be written anywhere: bytes that are no UTF-8 as escapes.

    The name in Latin-1 of a picture from an old ZIP becomes `caf\xe9.png`.
    """
    escaped = (f"\\x{ord(c) & 0xFF:02x}" if "\udc80" <= c <= "\udcff" else c for c in name)
    return "".join(escaped).encode(errors="backslashreplace").decode()


def walk(folder: Path) -> Iterator[Path]:
    """The files below a folder, without hidden files and folders.

    Links to folders are followed, each folder once: where it lies itself, if it lies in `folder`.
    """
    waiting, seen = [folder], set[Path]()
    while waiting:
        for parent, folders, names in os.walk(waiting.pop(0)):
            here = Path(parent)
            if here.resolve() in seen:
                folders.clear()
                continue
            seen.add(here.resolve())
            folders[:] = [name for name in folders if not name.startswith(".")]
            waiting += [here / name for name in folders if (here / name).is_symlink()]
            yield from (here / name for name in names if not name.startswith("."))


def replace_file(path: Path, data: bytes) -> None:
    """Write `data` to `path`: a reader, or a power cut, finds the old file or the new one.

    The folder is created if it is missing.

    Raises:
        OSError: if the folder can't be written or the disk is full; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_parts(paths: Iterable[Path]) -> None:
    """Remove what `replace_file` left of these files when its process was killed."""
    names: dict[Path, set[str]] = {}
    for path in paths:
        names.setdefault(path.parent, set()).add(path.name)
    for folder, wanted in names.items():
        for part in folder.glob(".*.part"):
            if part.name[1:].rsplit(".", 2)[0] in wanted:
                part.unlink(missing_ok=True)

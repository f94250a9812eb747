"""Locks on files that a process holds until it ends, however it ends (Linux and macOS)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

#: whether this system has them
SUPPORTED = sys.platform != "win32"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The handle of a lock's file, which is made if need be."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def take(handle: int) -> None:
    """Wait for a lock, and hold it as long as this process or a child has the handle."""
    fcntl.flock(handle, fcntl.LOCK_EX)


def try_to_take(handle: int) -> bool:
    """The same without waiting: False if somebody else holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether a process holds a lock."""
    if not SUPPORTED or not path.exists():
        return False
    with opened(path) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False

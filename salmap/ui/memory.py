"""What keeps a server small and quick that lives for long."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import cache

#: names of settings in glibc's malloc.h
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
#: an array of so many bytes has its own pages, which go back to the system as soon as it is freed
_LARGE = 8 << 20
#: so many free bytes may stay at hand for the next arrays: given back, each would cost a page fault
_AT_HAND = 64 << 20
_POOLS = 2


@cache
def share_pools() -> None:
    """Have all threads take memory from the same few pools, where the C library allows it (glibc).

    Each run of a page is a thread of its own. Left alone, glibc gives nearly every one a pool, puts
    ever larger arrays into it, and keeps what is freed there in pieces.
    """
    mallopt = _from_c("mallopt")
    if mallopt is not None:
        mallopt(_ARENA_MAX, _POOLS)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _AT_HAND)


def settle() -> None:
    """Exempt what the first model brought with it, torch above all, from the search for garbage.

    Streamlit looks through every object after each run of a page; torch's alone took it a fifth of
    a second each time. What is exempt is not freed again if it is part of a cycle, so this is done
    once, before pictures and visitors come and go.
    """
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()


def give_back() -> None:
    """Return memory that was freed to the system, where the C library keeps it otherwise (glibc).

    Each run of a page is a thread of its own, and what the arrays of one leave free in the pool of
    its thread is of little use to the next.
    """
    trim = _from_c("malloc_trim")
    if trim is not None:
        trim(0)


def _from_c(name: str) -> Callable[..., int] | None:
    """A function of Linux's C library; None where there is none of this name."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None

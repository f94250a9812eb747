"""What keeps a server small and quick that lives for long."""

from __future__ import annotations

import ctypes
import gc
import sys


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
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

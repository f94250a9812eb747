"""Memory of a server that lives for long."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: tells how many pools a process has after many threads have each taken memory
PROGRAM = """
import ctypes, sys, threading
from salmap.ui import memory

c = ctypes.CDLL(None)
if not hasattr(c, "malloc_info"):
    sys.exit()
memory.share_pools()
taken = threading.Barrier(13)

def take():
    bytes(100_000)
    taken.wait()
    taken.wait()

for _ in range(12):
    threading.Thread(target=take).start()
taken.wait()
c.malloc_info(0, ctypes.c_void_p.in_dll(c, "stdout"))
c.fflush(None)
taken.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_info is glibc's")
def test_threads_share_pools():
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.count("<heap nr=") <= 4

"""The end of the server, at once, whatever its threads are at.

Streamlit runs pages in threads that Python does not wait for. One that comes back from OpenCV or
ONNX Runtime while the interpreter is taken apart is ended by Python (before 3.14) in the midst of
C++, and that aborts the process: "terminate called without an active exception".
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from functools import cache

#: names of threads that compute: Streamlit's for pages, and ours
PACKING = "salmap.packing"
_COMPUTING = ("ScriptRunner.scriptThread", PACKING)

#: is imported where Streamlit serves, and not where a test runs a page
_SERVER = "streamlit.web.bootstrap"


@cache
def end_with_its_threads() -> None:
    """From now on, end the process without taking it apart while one of those threads computes."""
    atexit.register(_end)


def _end() -> None:
    """Python calls this when the server has stopped and said goodbye to its visitors."""
    if _SERVER in sys.modules and any(
        thread.name in _COMPUTING for thread in threading.enumerate()
    ):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

"""How the server's process ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys, threading
import cv2, numpy, streamlit.web.bootstrap
from salmap.ui import ending

picture = numpy.zeros((2000, 2000, 3), numpy.float32)
began = threading.Event()

def compute():
    while True:
        cv2.resize(picture, (500, 500), interpolation=cv2.INTER_AREA)
        began.set()

ending.end_with_its_threads()
for _ in range(4):
    threading.Thread(target=compute, name=sys.argv[1], daemon=True).start()
began.wait()
print("goodbye")
"""


@pytest.mark.parametrize("thread", ["ScriptRunner.scriptThread", "salmap.packing"])
def test_it_ends_without_a_word_while_its_threads_compute(thread):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, thread], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "goodbye\n", "")

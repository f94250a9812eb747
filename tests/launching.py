"""Start commands in several processes, as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAUNCH = [sys.executable, "-m", "accelerate.commands.accelerate_cli", "launch"]
#: despite its name, this is how accelerate starts several processes on CPUs, too
TWO = ["--multi_gpu", "--num_processes", "2", "--main_process_port", "0"]
ENVIRONMENT = os.environ | {
    "OMP_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONPATH": str(ROOT),
}


def run(*words: str | Path, limit_s: float = 1200, **variables: str) -> subprocess.CompletedProcess:
    """A command from start to end, its output as text; `limit_s` only ends one that hangs."""
    return subprocess.run(
        [str(word) for word in words],
        env=ENVIRONMENT | variables,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )

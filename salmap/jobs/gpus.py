"""Which GPUs this machine has, and whether its PyTorch can use them. Torch is not imported."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_ASK = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")
_PATIENCE_S = 10


@lru_cache(maxsize=1)
def gpus() -> tuple[str, ...]:
    """NVIDIA's GPUs with their memory, as the driver tells it: ("NVIDIA H100, 80 GB",)."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        answer = subprocess.run(
            [program, *_ASK], capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()  # there is a driver, but no GPU that answers
    rows = (line.rpartition(",") for line in answer.stdout.splitlines())
    return tuple(f"{name}, {int(mib) * 2**20 / 1e9:.0f} GB" for name, _, mib in rows if name)


def torch_uses_gpus() -> bool:
    """Whether the installed PyTorch was made with CUDA or ROCm."""
    found = find_spec("torch")
    if found is None or found.origin is None:
        return False
    try:
        text = (Path(found.origin).parent / "version.py").read_text("utf-8")
    except OSError:
        return False
    return re.search(r"^(?:cuda|hip)\b[^=]*= *['\"]", text, re.M) is not None

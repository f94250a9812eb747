"""How many threads a computation may use here."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def thread_count(environment: Mapping[str, str] = os.environ, cgroup: Path = _CGROUP) -> int:
    """OMP_NUM_THREADS where it is set, else the cores that this process may use; at least 1.

    In a container those are fewer than the machine has: the limits on a process's cores and on its
    container's share of them (cgroup 2, then 1) both count.
    """
    wanted = environment.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # Linux alone has it
        cores = os.cpu_count() or 1
    return max(1, int(min(cores, _quota(cgroup))))


def _quota(cgroup: Path) -> float:
    """How many cores' worth of time the container may use; infinite where there is no limit."""
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        try:
            numbers = " ".join((cgroup / file).read_text() for file in files).split()
            quota, period = (float(number) for number in numbers)  # "max" is no number
        except (OSError, ValueError):
            continue
        if quota > 0 and period > 0:
            return quota / period
    return math.inf

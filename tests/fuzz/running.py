"""Many damaged files, read in a process of their own, which may die of one."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
import warnings
from ctypes import c_int
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from salmap.errors import SalmapError
from tests.fuzz.kinds import KINDS, Case, outcome, read

#: a file that takes more of a processor's time is a fault, however busy the machine is
LIMIT_S = 5.0
#: a process that needs this long for one file hangs, and is ended
HANG_S = 60


def run(
    kind: str, seed: int, numbers: range, now: Synchronized[int], faults: Synchronized[int]
) -> None:
    """Read the files of these numbers and say what came out."""
    warnings.simplefilter("ignore")
    trace = os.fdopen(os.dup(2), "w")
    with Path(os.devnull).open("wb") as nowhere:  # libtiff and others complain on stderr
        os.dup2(nowhere.fileno(), 2)
    faulthandler.enable(trace)
    readable, slowest = 0, (0.0, -1)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        good = KINDS[kind].seeds(Path(scratch))
        if kind == "weights":  # what is slow to import is no file's fault
            importlib.import_module("salmap.backends.pytorch")
        for file in good:
            with contextlib.suppress(SalmapError):
                read(kind, *file, Path(scratch))
        for number in numbers:
            now.value = number
            faulthandler.dump_traceback_later(HANG_S, exit=True, file=trace)
            start = time.process_time()
            problem = ""
            try:
                readable += outcome(Case(kind, seed, number), good, Path(scratch))
            except Exception:
                problem = traceback.format_exc(limit=-6)
            taken = time.process_time() - start
            if taken > LIMIT_S:
                problem += f"It took {taken:.1f} s of processor time."
            if problem:
                faults.value += 1
                say(f"{kind}:{number}, seed {seed}\n{problem}")
            slowest = max(slowest, (taken, number))
    faulthandler.cancel_dump_traceback_later()
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    say(
        f"{kind}: {len(numbers)} files in {time.perf_counter() - began:.0f} s, {readable} could "
        f"be read, {faults.value} faults; the slowest ({slowest[1]}) took {slowest[0]:.2f} s of "
        f"processor time; memory at most {peak / 1e9:.2f} GB"
    )


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def read_all(kind: str, seed: int, numbers: range) -> int:
    """Read files in a process of its own, in another one if it dies; gives how many faults."""
    context, total = multiprocessing.get_context("spawn"), 0
    while numbers:
        now, faults = context.Value(c_int, -1), context.Value(c_int, 0)
        process = context.Process(target=run, args=(kind, seed, numbers, now, faults))
        process.start()
        process.join()
        total += faults.value
        if process.exitcode == 0:
            break
        total += 1
        say(f"{kind}:{now.value}, seed {seed}: the process ended with {process.exitcode}")
        numbers = range(max(now.value, numbers.start) + 1, numbers.stop)
    return total

"""A finished model beside the one that it started from, on the same held-out pictures.

`salmap evaluate` does it, as a process that outlives page, browser and server; its result lies in
the run's folder.
"""

from __future__ import annotations

import json
import logging
import math
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salmap.jobs import locks
from salmap.jobs.runs import HOME, Job

logger = logging.getLogger(__name__)

_RESULT, _OUTPUT, _LOCK = "comparison.json", "comparison.log", "comparison.lock"
_EVALUATE = (sys.executable, "-m", "salmap", "evaluate")


@dataclass(frozen=True)
class Score:
    """Information gain over the center bias in bits per fixation, with its 95 % interval.

    The interval's ends are NaN where there is none, as of a single picture.
    """

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Two models on the same held-out pictures.

    Attributes:
        pictures: how many there are.
        new, base: how the finished model scores, and the one it is compared with.
        difference: new minus base, paired by picture.
    """

    pictures: int
    new: Score
    base: Score
    difference: Score


def read(job: Job) -> Comparison | None:
    """The result; None where there is none."""
    try:
        record = json.loads((job.folder / _RESULT).read_text("utf-8"))
        return _comparison(record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("No comparison of %s: %s", job.id, error)
        return None


def is_running(job: Job) -> bool:
    """Whether the two are being compared."""
    return locks.is_locked(job.folder / _LOCK)


def was_tried(job: Job) -> bool:
    """Whether the two were compared, or are being."""
    return (job.folder / _OUTPUT).exists()


def start(job: Job, new: Path, base: str) -> None:
    """Compare in the background, unless that is being done.

    Args:
        job: a finished run; its data are where its arguments say.
        new: the model that it made.
        base: name of the model that it is compared with.
    """
    layout, _, root = _option(job, "--data").partition("=")
    result = job.folder / _RESULT
    arguments = ["--dataset", layout, "--root", root, "--split", "val", "--no-gold-standard"]
    arguments += [
        part
        for option, value in zip(job.arguments, job.arguments[1:], strict=False)
        if option == "--gaze"
        for part in (option, value)
    ]
    arguments += ["--model", str(new.resolve()), "--model", base, "--json", str(result)]
    with locks.opened(job.folder / _LOCK) as lock:
        if not locks.try_to_take(lock):
            return
        with (job.folder / _OUTPUT).open("wb") as output:
            process = subprocess.Popen(
                [*_EVALUATE, *arguments], cwd=HOME, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, pass_fds=(lock,),
            )  # fmt: skip
    threading.Thread(target=process.wait, daemon=True).start()  # so that none is left a zombie


def _option(job: Job, name: str) -> str:
    return job.arguments[job.arguments.index(name) + 1]


def _comparison(record: dict[str, Any]) -> Comparison:
    (test,) = record["paired_tests"]  # the new model is the first, as it was asked for
    new, base = (record["rows"][test[side]]["scores"][test["metric"]] for side in ("a", "b"))
    return Comparison(test["pictures"], _score(new), _score(base), _score(test["difference"]))


def _score(interval: dict[str, Any]) -> Score:
    low, high = (math.nan if interval[end] is None else interval[end] for end in ("low", "high"))
    return Score(float(interval["mean"]), float(low), float(high))

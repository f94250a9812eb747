"""Looking through a data set on the server: `salmap train check`, run as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from salmap.errors import DatasetError
from salmap.jobs import runs as jobs

_TIMEOUT_S = 900


@dataclass(frozen=True)
class DataSource:
    """A data set on the server: one of `salmap.datasets.LAYOUTS` and its folder.

    Attributes:
        layout: the layout.
        path: the folder.
        settings: what its owner has said about its table of fixations, as
            `salmap.fixations.frame.read_settings` takes it.
    """

    layout: str
    path: Path
    settings: tuple[str, ...] = ()

    @property
    def option(self) -> str:
        """As `salmap train` takes it."""
        return f"{self.layout}={self.path}"

    @property
    def gaze(self) -> list[str]:
        """The settings as options of the commands."""
        return [part for setting in self.settings for part in ("--gaze", setting)]


@dataclass(frozen=True)
class Problem:
    """A kind of problem with a data set: what is wrong, how to fix it, which files, how many."""

    what: str
    fix: str
    files: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Sample:
    """A picture of a data set with its fixations drawn, as JPEG."""

    name: str
    fixations: int
    jpeg: bytes


@dataclass(frozen=True)
class DatasetReport:
    """What `salmap train check` says of a data set.

    Attributes:
        pictures: how many have fixations.
        splits: pictures by split.
        fixations: on each picture.
        viewers: how many; None where the files don't say.
        outside: fixations that fell outside their picture.
        notes: what is worth knowing.
        problems: what is wrong.
        samples: a few pictures.
    """

    pictures: int
    splits: Mapping[str, int]
    fixations: tuple[int, ...]
    viewers: int | None
    outside: int
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    samples: tuple[Sample, ...]


def check(source: DataSource) -> DatasetReport:
    """Look through a data set, in a process of its own.

    Raises:
        DatasetError: if it can't be used at all.
    """
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "salmap", "train", "check", source.option, *source.gaze]
        try:
            done = subprocess.run(
                [*command, "--json", "--samples", scratch],
                cwd=jobs.HOME, capture_output=True, text=True, timeout=_TIMEOUT_S,
                stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise DatasetError(
                f"The check took more than {_TIMEOUT_S // 60} minutes. Look at the data with "
                f"salmap train check {source.option}"
            ) from error
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if not lines:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise DatasetError(f"The check failed: {last.removeprefix('Error: ')}")
        record = json.loads(lines[-1])
        if "error" in record:
            raise DatasetError(record["error"])
        folder = json.dumps(f"{source.path.absolute().parent}/")[1:-1]
        return _report(json.loads(lines[-1].replace(folder, "")), Path(scratch))


def _report(record: dict[str, Any], folder: Path) -> DatasetReport:
    return DatasetReport(
        record["pictures"],
        record["splits"],
        tuple(record["fixations"]),
        record["viewers"],
        record["outside"],
        tuple(record["notes"]),
        tuple(
            Problem(p["what"], p["fix"], tuple(p["files"]), p["count"]) for p in record["problems"]
        ),
        tuple(
            Sample(s["name"], s["fixations"], (folder / s["file"]).read_bytes())
            for s in record["samples"]
        ),
    )

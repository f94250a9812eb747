"""Training jobs: each a process of its own that outlives page, browser and server.

A job is a folder: `job.json` (what was asked), `launch.json` (its process), `output.log` (what that
printed), and what `salmap train` writes there itself. Whether it runs is told by a lock on
`alive.lock` that its process holds until it ends, however it ends. So all that is known of a job
stands in files, for every session and for the next server. One job runs at a time: each holds
`turn.lock` too, in the folder of all jobs.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from salmap.errors import JobError
from salmap.files import replace_file
from salmap.jobs import locks
from salmap.jobs.contract import STOP
from salmap.jobs.log import read_events

logger = logging.getLogger(__name__)

#: runs need locks that only Linux and macOS have
SUPPORTED = locks.SUPPORTED

#: kinds of jobs: training, and adapting a model to viewers
FIT, ADAPT = "fit", "adapt"

_JOB, _LAUNCH, _OUTPUT, _ALIVE, _TURN = (
    "job.json", "launch.json", "output.log", "alive.lock", "turn.lock",
)  # fmt: skip
#: beside the worker's own stop file, `STOP`: ours, which it does not remove
_STOPPING = "stopping"
_TRAIN = (sys.executable, "-m", "salmap", "train")
#: the folder that holds the package: the checkout or the place of installed packages
HOME = Path(__file__).parents[2]
_LOG_LINES, _LOG_BYTES = 40, 100_000


class State(StrEnum):
    """What has become of a job."""

    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self in (State.RUNNING, State.STOPPING)


@dataclass(frozen=True)
class Job:
    """What was asked for.

    Attributes:
        folder: the job's own; its name is the job's id.
        kind: `FIT` or `ADAPT`.
        name: of the model that it makes.
        created_s: when it was first started, Unix seconds.
        arguments: of `salmap train`.
        settings: what people chose, to be shown.
        owner: who started it, as the app tells visitors apart; "" for an administrator.
        base: name of the model that the new one is to be compared with; "" for none.
    """

    folder: Path
    kind: str
    name: str
    created_s: float
    arguments: tuple[str, ...]
    settings: dict[str, Any] = field(default_factory=dict)
    owner: str = ""
    base: str = ""

    @property
    def id(self) -> str:
        """Its name among jobs."""
        return self.folder.name


class Jobs:
    """The jobs in one folder.

    Args:
        root: the folder; it is made when the first job starts.
        program: what is started, before a job's arguments.
    """

    def __init__(self, root: Path, program: Sequence[str] = _TRAIN) -> None:
        self.root, self.program = root, tuple(program)

    def start(
        self,
        kind: str,
        name: str,
        prepare: Callable[[Path], Sequence[str]],
        settings: dict[str, Any] | None = None,
        owner: str = "",
        base: str = "",
    ) -> Job:
        """Start a job, if none is running.

        Args:
            kind, name, settings, owner, base: see `Job`.
            prepare: puts files into the job's folder and gives the arguments.

        Raises:
            JobError: if another one is running, or the process can't be started.
        """
        with self._turn() as turn:
            folder = self._new_folder(name)
            try:
                arguments = tuple(prepare(folder))
                job = Job(folder, kind, name, time.time(), arguments, settings or {}, owner, base)
                replace_file(folder / _JOB, json.dumps(asdict(job), default=str).encode())
                self._launch(job, arguments, turn)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return job

    def resume(self, job: Job) -> None:
        """Go on with a job that was stopped or failed, from its last checkpoint if it keeps any.

        Raises:
            JobError: if one is running, or the process can't be started.
        """
        with self._turn() as turn:
            goes_on = ("--resume",) if job.kind == FIT else ()
            self._launch(job, (*job.arguments, *goes_on), turn)

    def stop(self, job: Job) -> None:
        """Ask a running job to end; it keeps its last checkpoint.

        One that has not begun its work yet does not look for its stop file: it is ended at once.
        """
        if not self.state(job).is_running:
            return
        (job.folder / _STOPPING).touch()
        (job.folder / STOP).touch()
        if not self.events_since_launch(job):
            self.end_now(job)

    def end_now(self, job: Job) -> None:
        """End a running job without waiting; what it did since its last checkpoint is lost."""
        if not self.state(job).is_running:
            return
        (job.folder / _STOPPING).touch()
        process = self._launched(job).get("process")
        if not isinstance(process, int):
            return
        try:
            os.killpg(process, signal.SIGTERM)
        except ProcessLookupError:
            logger.info("%s had ended already", job.id)

    def delete(self, job: Job) -> None:
        """Remove all that a job left.

        Raises:
            JobError: if it is running.
        """
        if self.state(job).is_running:
            raise JobError("It is running: stop it first.")
        shutil.rmtree(job.folder, ignore_errors=True)

    def all(self) -> list[Job]:
        """All jobs, newest first; folders that hold none are passed over."""
        if not self.root.is_dir():
            return []
        found = (_read_job(path) for path in self.root.iterdir() if path.is_dir())
        return sorted((job for job in found if job), key=lambda j: j.created_s, reverse=True)

    def running(self) -> Job | None:
        """The job whose process is there, if any."""
        return next((job for job in self.all() if self.state(job).is_running), None)

    def state(self, job: Job) -> State:
        """What has become of a job, by its files."""
        stopping = (job.folder / _STOPPING).exists()
        if locks.is_locked(job.folder / _ALIVE):
            return State.STOPPING if stopping else State.RUNNING
        last = [event["event"] for event in self.events_since_launch(job)][-1:]
        if last == ["end"]:
            return State.FINISHED
        return State.STOPPED if stopping or last == ["stopped"] else State.FAILED

    def stopping_for_s(self, job: Job) -> float:
        """For how long a job has been asked to stop; 0 if it was not."""
        try:
            return max(0.0, time.time() - (job.folder / _STOPPING).stat().st_mtime)
        except FileNotFoundError:
            return 0.0

    def events_since_launch(self, job: Job) -> list[dict[str, Any]]:
        """What the job's process, the running one or the last, has written to its log."""
        began = self._launched(job).get("time", 0)
        return [event for event in read_events(job.folder) if event["time"] >= began]

    def whole_output(self, job: Job) -> str:
        """What a job printed, or the end of it if that is very long."""
        try:
            return (job.folder / _OUTPUT).read_bytes()[-_LOG_BYTES:].decode(errors="replace")
        except OSError:
            return ""

    def output(self, job: Job) -> str:
        """The last lines that a job printed; of a progress bar, its last state."""
        text = self.whole_output(job)
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
        return "\n".join([line for line in lines if line.strip()][-_LOG_LINES:])

    def why_failed(self, job: Job) -> str:
        """In one sentence, why a job failed."""
        events = self.events_since_launch(job)
        if events and events[-1]["event"] == "failed":
            return str(events[-1].get("message") or events[-1].get("kind", ""))
        lines = self.output(job).splitlines()
        errors = [line for line in lines if line.startswith("Error: ")]
        if errors:
            return errors[-1].removeprefix("Error: ")
        if any(line.startswith("Traceback") for line in lines):
            return lines[-1]
        return (
            "It was ended from outside, without a word: most often because memory ran out, or "
            "because the computer was shut down."
        )

    def size_bytes(self, job: Job) -> int:
        """What a job takes on disk."""
        return sum(path.stat().st_size for path in job.folder.rglob("*") if path.is_file())

    def _new_folder(self, name: str) -> Path:
        stamp = time.strftime("%Y%m%d-%H%M%S")
        stem = f"{stamp}-{re.sub(r'[^A-Za-z0-9_-]', '-', name)[:40]}"
        for number in range(1, 100):
            folder = self.root / (stem if number == 1 else f"{stem}-{number}")
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder
        raise JobError(f"There are too many runs named {stem}. Delete some.")

    def _launch(self, job: Job, arguments: Sequence[str], turn: int) -> None:
        """Start the process; it inherits both locks, and with its end they are free."""
        for name in (STOP, _STOPPING):
            (job.folder / name).unlink(missing_ok=True)
        began = time.time()
        with (
            locks.opened(job.folder / _ALIVE) as alive,
            (job.folder / _OUTPUT).open("wb") as output,
        ):
            locks.take(alive)  # nobody else holds it for more than a moment
            try:
                process = subprocess.Popen(
                    [*self.program, *arguments], cwd=HOME, stdin=subprocess.DEVNULL,
                    stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                    pass_fds=(turn, alive),
                )  # fmt: skip
            except OSError as error:
                raise JobError(f"The process can't be started: {error.strerror}.") from error
            launch = {"process": process.pid, "time": began}
            replace_file(job.folder / _LAUNCH, json.dumps(launch).encode())
        # an ended process stays in the system's table until its parent has asked for its status
        threading.Thread(target=process.wait, daemon=True).start()

    def _launched(self, job: Job) -> dict[str, Any]:
        try:
            found = json.loads((job.folder / _LAUNCH).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @contextmanager
    def _turn(self) -> Iterator[int]:
        """Hold the lock of which there is one, or refuse."""
        if not SUPPORTED:
            raise JobError("Jobs can't be started from here on Windows: use salmap train.")
        self.root.mkdir(parents=True, exist_ok=True)
        with locks.opened(self.root / _TURN) as handle:
            if not locks.try_to_take(handle):
                raise JobError(
                    "Another run is going on this server. Wait until it has ended, or stop it."
                )
            yield handle


def _read_job(folder: Path) -> Job | None:
    try:
        values = json.loads((folder / _JOB).read_text("utf-8"))
        return Job(**{**values, "folder": folder, "arguments": tuple(values["arguments"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        logger.warning("%s is no job: %s", folder, error)
        return None

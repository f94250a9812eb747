"""Jobs as processes: one at a time, whatever becomes of page and server; no training here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from salmap.errors import JobError
from salmap.jobs.log import progress, read_events
from salmap.jobs.runs import ADAPT, FIT, HOME, Job, Jobs, State

#: a worker that behaves as `python -m train` does: FOLDER, then what to do
WORKER = """
import json, os, sys, time
from pathlib import Path

folder, tasks = Path(sys.argv[1]), sys.argv[2:]

def log(event, **values):
    with (folder / "progress.jsonl").open("a") as file:
        file.write(json.dumps({"event": event, "time": time.time()} | values) + "\\n")

(folder / "arguments.json").write_text(json.dumps(sys.argv[1:]))
for task in tasks:
    if task == "silent": time.sleep(600)
    if task == "deaf": log("start"); time.sleep(600)
    if task == "work":
        log("start")
        while not (folder / "STOP").exists():
            time.sleep(0.02)
        log("stopped")
    if task == "finish": log("start"); log("end", model="x")
    if task == "fail": log("failed", message="The disk is full.")
    if task == "refuse": sys.exit("Error: There is no folder /nowhere.")
    if task == "crash": 1 / 0
    if task == "bars": print("start\\r 1/2\\r 2/2", end="\\nend\\n")
"""
PATIENCE_S = 60


@pytest.fixture
def everything(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    found = Jobs(tmp_path / "runs", (sys.executable, str(script)))
    yield found
    for job in found.all():
        found.end_now(job)


def start(everything: Jobs, *tasks: str, kind: str = FIT) -> Job:
    return everything.start(kind, "mine", lambda folder: [str(folder), *tasks])


def wait_for(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def ended(everything: Jobs, job: Job) -> State:
    wait_for(lambda: not everything.state(job).is_running)
    return everything.state(job)


def test_a_job_runs_to_its_end_by_itself(everything):
    job = start(everything, "finish")
    assert ended(everything, job) is State.FINISHED
    assert everything.running() is None
    assert everything.all() == [job]


def test_where_training_is_started_there_is_training():
    assert (HOME / "train" / "__main__.py").is_file()


def test_stop_lets_it_end_cleanly(everything):
    job = start(everything, "work")
    wait_for(lambda: read_events(job.folder))
    assert everything.state(job) is State.RUNNING
    assert everything.running() == job
    everything.stop(job)
    assert ended(everything, job) is State.STOPPED
    assert [event["event"] for event in read_events(job.folder)] == ["start", "stopped"]


def test_stop_ends_at_once_what_has_not_begun(everything):
    job = start(everything, "silent")
    everything.stop(job)
    assert ended(everything, job) is State.STOPPED


def test_what_does_not_heed_can_be_ended(everything):
    job = start(everything, "deaf")
    wait_for(lambda: read_events(job.folder))
    everything.stop(job)
    assert everything.state(job) is State.STOPPING
    assert everything.stopping_for_s(job) >= 0
    everything.end_now(job)
    assert ended(everything, job) is State.STOPPED


def test_only_one_runs_at_a_time(everything):
    first = start(everything, "work")
    with pytest.raises(JobError, match="Another run"):
        start(everything, "finish")
    assert everything.all() == [first]
    wait_for(lambda: read_events(first.folder))
    everything.stop(first)
    ended(everything, first)
    assert ended(everything, start(everything, "finish")) is State.FINISHED


def test_of_many_started_at_once_one_runs(everything):
    started, refused = [], []
    together = threading.Barrier(8)

    def attempt():
        together.wait()
        try:
            started.append(start(everything, "work"))
        except JobError:
            refused.append(1)

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(started) == 1
    assert len(refused) == 7
    assert everything.running() == started[0]


def test_another_server_sees_a_job_and_its_own_end_does_not_matter(everything):
    """A server starts a job and is killed; the next one follows, refuses a second, and stops it."""
    code = f"""
import sys
from salmap.jobs.runs import Jobs
from pathlib import Path
jobs = Jobs(Path({str(everything.root)!r}), {everything.program!r})
jobs.start("fit", "mine", lambda folder: [str(folder), "work"])
print("started", flush=True)
import time; time.sleep(600)
"""
    server = subprocess.Popen([sys.executable, "-c", code], cwd=HOME, stdout=subprocess.PIPE)
    assert server.stdout is not None
    assert server.stdout.readline() == b"started\n"
    server.kill()
    server.wait()
    server.stdout.close()
    (job,) = everything.all()
    assert everything.state(job) is State.RUNNING
    with pytest.raises(JobError, match="Another run"):
        start(everything, "finish")
    wait_for(lambda: read_events(job.folder))
    everything.stop(job)
    assert ended(everything, job) is State.STOPPED


def test_a_killed_job_has_failed_and_holds_no_lock(everything):
    job = start(everything, "deaf")
    wait_for(lambda: read_events(job.folder))
    process = json.loads((job.folder / "launch.json").read_text())["process"]
    os.kill(process, signal.SIGKILL)
    assert ended(everything, job) is State.FAILED
    assert "memory" in everything.why_failed(job)
    assert ended(everything, start(everything, "finish")) is State.FINISHED


@pytest.mark.parametrize(
    ("task", "why"),
    [
        ("fail", "The disk is full."),
        ("refuse", "There is no folder /nowhere."),
        ("crash", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_failed_job_says_why(everything, task, why):
    job = start(everything, task)
    assert ended(everything, job) is State.FAILED
    assert everything.why_failed(job) == why


def test_a_failed_job_goes_on(everything):
    job = start(everything, "fail", "crash")
    assert ended(everything, job) is State.FAILED
    everything.resume(job)
    assert ended(everything, job) is State.FAILED
    assert json.loads((job.folder / "arguments.json").read_text())[-1] == "--resume"


def test_an_old_end_says_nothing_of_a_new_start(everything):
    job = start(everything, "finish", "work")
    wait_for(lambda: len(read_events(job.folder)) == 3)
    everything.stop(job)
    assert ended(everything, job) is State.STOPPED
    everything.resume(job)
    wait_for(lambda: len(everything.events_since_launch(job)) == 3)
    assert everything.state(job) is State.RUNNING
    everything.stop(job)
    ended(everything, job)


def test_adapting_anew_needs_no_resumption(everything):
    job = start(everything, "fail", kind=ADAPT)
    ended(everything, job)
    everything.resume(job)
    ended(everything, job)
    assert json.loads((job.folder / "arguments.json").read_text())[-1] == "fail"


def test_a_running_job_is_not_deleted(everything):
    job = start(everything, "work")
    with pytest.raises(JobError, match="stop it first"):
        everything.delete(job)
    wait_for(lambda: read_events(job.folder))
    everything.stop(job)
    ended(everything, job)
    assert everything.size_bytes(job) > 0
    everything.delete(job)
    assert everything.all() == []
    assert not job.folder.exists()


def test_what_can_not_be_started_leaves_nothing(everything, tmp_path):
    def prepare(folder: Path) -> list[str]:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        everything.start(FIT, "mine", prepare)
    broken = Jobs(tmp_path / "others", (str(tmp_path / "no-such-program"),))
    with pytest.raises(JobError, match="can't be started"):
        broken.start(FIT, "mine", lambda folder: [])
    assert everything.all() == broken.all() == []
    assert ended(everything, start(everything, "finish")) is State.FINISHED


def test_names_lead_nowhere_else(everything):
    job = everything.start(FIT, "../../x y", lambda folder: [str(folder), "finish"])
    assert job.folder.parent == everything.root
    ended(everything, job)


def test_of_a_progress_bar_the_last_state_is_shown(everything):
    job = start(everything, "bars")
    ended(everything, job)
    assert everything.output(job) == " 2/2\nend"


def test_folders_that_are_no_jobs_are_passed_over(everything):
    job = start(everything, "finish")
    ended(everything, job)
    (everything.root / "empty").mkdir()
    (everything.root / "broken").mkdir()
    (everything.root / "broken" / "job.json").write_text('{"name": ')
    assert everything.all() == [job]


def write_log(folder: Path, *events: dict) -> None:
    lines = [json.dumps({"time": number} | event) for number, event in enumerate(events)]
    (folder / "progress.jsonl").write_text("\n".join(lines) + '\n{"event": "st')


def step(stage: str, epoch: int, step: int, steps: int, epochs: int) -> dict:
    return {
        "event": "step", "stage": stage, "epoch": epoch, "epochs": epochs, "step": step,
        "steps": steps, "loss_bits": -1.0, "time_left_s": 10.0,
    }  # fmt: skip


def epoch(stage: str, number: int, ig: float) -> dict:
    scores = {"folder": {"ig": ig, "nss": 1.0}}
    sample = f"samples/{stage}-{number}.jpg"
    return {
        "event": "epoch", "stage": stage, "epoch": number, "validation": scores, "sample": sample,
    }  # fmt: skip


START = {"event": "start", "epochs": {"frozen": 2, "finetune": 2}, "sample": {}}


def test_progress_counts_epochs_over_both_stages(tmp_path):
    write_log(
        tmp_path, START, {"event": "features", "done": 3, "total": 9},
        step("frozen", 1, 5, 10, 2), epoch("frozen", 1, 0.1), step("frozen", 2, 10, 10, 2),
        epoch("frozen", 2, 0.2), step("finetune", 1, 5, 20, 2),
    )  # fmt: skip
    found = progress(read_events(tmp_path))
    assert found.total == 4
    assert found.done == pytest.approx(2.5)
    assert found.share == pytest.approx(2.5 / 4)
    assert [p.epochs for p in found.losses] == [1, 2, 2.5]
    assert [(s.epochs, s.ig) for s in found.scores] == [(1, 0.1), (2, 0.2)]
    assert found.samples == [(1, "samples/frozen-1.jpg"), (2, "samples/frozen-2.jpg")]
    assert found.time_left_s > 10


def test_what_a_resumed_run_does_again_is_shown_once(tmp_path):
    steps = [step("frozen", 2, n, 10, 2) for n in (6, 7)]
    write_log(tmp_path, START, step("frozen", 1, 5, 10, 2), epoch("frozen", 1, 0.1), *steps,
              {"event": "stopped"}, START, steps[0])  # fmt: skip
    assert [p.epochs for p in progress(read_events(tmp_path)).losses] == [1, 1.2]


def test_progress_of_parts_without_epochs(tmp_path):
    part = {"event": "step", "stage": "features", "step": 5, "steps": 20, "time_left_s": 3.0}
    write_log(tmp_path, {"event": "start", "task": "adapt"}, part)
    found = progress(read_events(tmp_path))
    assert (found.share, found.time_left_s) == (0.25, 3.0)
    assert progress([]).share == 0

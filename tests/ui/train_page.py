"""What the tests of the Train page share."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from salmap.jobs.dataset_check import DatasetReport, Problem
from salmap.jobs.runs import FIT, Job, Jobs
from tests.jobs.test_runs import wait_for

#: a program that takes any arguments and goes on until it is ended
PATIENT = (sys.executable, "-c", "import time; time.sleep(600)")
REPORT = DatasetReport(24, {"train": 22, "val": 2}, (20,) * 24, 4, 0, (), (), ())
BROKEN = Problem("It has no fixations or map.", "Add them.", ("images/a.png",), 1)


def page() -> AppTest:
    def app() -> None:
        from salmap.ui.pages.train import page

        page()

    return AppTest.from_function(app, default_timeout=120)


def with_data(folders: Path, report: DatasetReport = REPORT) -> AppTest:
    """The page after a folder on the server was chosen."""
    found = page()
    found.session_state["data_way"] = "A folder on this server"
    found.session_state["data_path"] = str(folders / "gaze")
    return found.run()


def ended_job(everything: Jobs, events: list[dict], kind: str = FIT, *tasks: str) -> Job:
    """A job whose process has ended and which wrote these events."""
    job = everything.start(kind, "mine", lambda folder: [str(folder), *tasks], {"network": "lite"})
    wait_for(lambda: not everything.state(job).is_running)
    with (job.folder / "progress.jsonl").open("a") as file:
        for event in events:
            file.write(json.dumps({"time": time.time()} | event) + "\n")
    return job


def texts(app: AppTest, kind: str) -> str:
    return "\n".join(element.value for element in app.get(kind))


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}

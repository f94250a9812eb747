"""A server on which people train, without training."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from salmap.jobs import plans as training
from salmap.jobs.runs import Jobs
from salmap.ui import access
from salmap.ui.components import dataset
from tests.jobs.test_runs import WORKER
from tests.ui.train_page import REPORT


@pytest.fixture
def folders(monkeypatch, tmp_path) -> Path:
    """Where its models and uploads are; each data set that is looked at is in order."""
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(models))
    monkeypatch.setenv("SALMAP_TRAINING_DIR", str(tmp_path / "training"))
    monkeypatch.setenv("SALMAP_TRAINING", "1")
    monkeypatch.setattr(dataset, "check", lambda source: REPORT)
    monkeypatch.setattr(access, "is_local", lambda: True)
    return tmp_path


@pytest.fixture
def everything(monkeypatch, folders):
    """Jobs that do as their name says instead of training."""
    script = folders / "worker.py"
    script.write_text(WORKER)
    found = Jobs(training.folder() / "runs", (sys.executable, str(script)))
    monkeypatch.setattr(training, "all_jobs", lambda: found)
    yield found
    for job in found.all():
        found.end_now(job)

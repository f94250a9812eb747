"""What the check of a data set on the server says to somebody who can't see the server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from salmap.errors import DatasetError
from salmap.jobs import dataset_check


def test_paths_of_the_server_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "visitors" / "data-1"
    said = {"error": f"{data} has no pictures; {data}/fixations.csv has 2 mistakes."}

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, json.dumps(said) + "\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(DatasetError) as caught:
        dataset_check.check(dataset_check.DataSource("folder", data))
    assert str(caught.value) == "data-1 has no pictures; data-1/fixations.csv has 2 mistakes."

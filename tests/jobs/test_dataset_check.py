"""What the check of a data set on the server says to somebody who can't see the server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from salmap.errors import DatasetError
from salmap.jobs import dataset_check
from salmap.jobs.dataset_check import DatasetReport


def checked(data: Path, said: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> DatasetReport:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, json.dumps(said) + "\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    return dataset_check.check(dataset_check.DataSource("folder", data))


def test_paths_of_the_server_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "visitors" / "data-1"
    fields = dict.fromkeys(("fixations", "problems", "samples"), ())
    numbers = {"pictures": 1, "splits": {}, "viewers": None, "outside": 0}
    said = {**fields, **numbers, "notes": [f"{data}/fixations.csv: 2 rows are left out."]}
    assert checked(data, said, monkeypatch).notes == ("data-1/fixations.csv: 2 rows are left out.",)


def test_what_refuses_a_data_set_is_told_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Administrators are shown the folder that they gave; the app cuts it for others."""
    said = {"error": f"There is no folder {tmp_path / 'gone'}."}
    with pytest.raises(DatasetError) as caught:
        checked(tmp_path / "gone", said, monkeypatch)
    assert str(caught.value) == said["error"]

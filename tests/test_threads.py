"""How many threads a computation takes: what is asked for, else what the process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from salmap.threads import thread_count


@pytest.fixture(autouse=True)
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("4,2", 4), (" 2 ", 2), ("64", 64)])
def test_what_is_asked_for_counts(text: str, count: int, tmp_path: Path) -> None:
    assert thread_count({"OMP_NUM_THREADS": text}, tmp_path) == count


@pytest.mark.parametrize("text", ["", "0", "many", "-1"])
def test_nonsense_is_not_asked_for(text: str, tmp_path: Path) -> None:
    assert thread_count({"OMP_NUM_THREADS": text}, tmp_path) == 8


@pytest.mark.parametrize(
    ("text", "count"),
    [("200000 100000", 2), ("150000 100000", 1), ("50000 100000", 1), ("max 100000", 8), ("?", 8)],
)
def test_a_container_has_what_its_share_allows(text: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert thread_count({}, tmp_path) == count


@pytest.mark.parametrize(("quota", "count"), [("300000", 3), ("-1", 8)])
def test_an_old_container_too(quota: str, count: int, tmp_path: Path) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(quota)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000")
    assert thread_count({}, tmp_path) == count


def test_where_cores_are_not_shared_out_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert thread_count({}, Path("/nowhere")) == 6

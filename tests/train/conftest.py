from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from accelerate.state import AcceleratorState

from salmap.networks import PRESETS
from tests.hub_server import Hub, connect, isolate, serve
from tests.train.tiny import use_small_network


@pytest.fixture(autouse=True)
def _fresh_accelerate_state():
    """Accelerate keeps one state for a process; a run's must not stay for the next."""
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(scope="module")
def small_network() -> Iterator[None]:
    """See `use_small_network`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(PRESETS, "lite", PRESETS["lite"])  # as it was, afterwards
        use_small_network()
        yield


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A Hub on this computer, which the real client talks to."""
    isolate(monkeypatch, tmp_path)
    with serve() as server:
        connect(monkeypatch, server.url)
        yield server

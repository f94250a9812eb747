"""A Hub to publish to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub_server import Hub, connect, isolate, serve


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    isolate(monkeypatch, tmp_path)
    with serve() as server:
        connect(monkeypatch, server.url)
        monkeypatch.setenv("HF_TOKEN", server.token)
        yield server

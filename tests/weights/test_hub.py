"""Weights from the Hub, with its real client against a local server."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants

import salmap
from salmap.errors import WeightsError
from salmap.weights import hub as hub_module
from tests.hub_server import Hub, connect
from tests.weights.resolving import refused, resolve


def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def test_hub_names() -> None:
    def parsed(text: str) -> tuple[str, str, str]:
        found = hub_module.parse(text)
        return found.repository, found.revision, found.file

    assert parsed("hf://a/b") == ("a/b", "main", "model.safetensors")
    assert parsed("a/b") == ("a/b", "main", "model.safetensors")
    assert parsed("hf://a/b@v1.0") == ("a/b", "v1.0", "model.safetensors")
    assert parsed("hf://a/b@refs%2Fpr%2F1/x/y.safetensors") == (
        "a/b",
        "refs/pr/1",
        "x/y.safetensors",
    )
    for text in ("hf://a", "hf://", "hf://a/b@", "hf://a b/c", "hf:///b", "hf://a/b/../../c"):
        with pytest.raises(WeightsError, match="not a valid Hub name"):
            hub_module.parse(text)


def test_hub_names_that_would_leave_the_cache(hub: Hub) -> None:
    refused("hf://../../etc", "valid Hub name")
    refused("hf://a/b@..%2F..%2Fx/y.safetensors", "no such repository")
    assert not hub.seen("GET", "/cdn/")


def test_a_model_loads_from_the_hub(hub: Hub, model_bytes: bytes) -> None:
    hub.add("ann/net", {"model.safetensors": model_bytes})
    predictor = salmap.load("hf://ann/net")
    assert predictor.name == "hf://ann/net"
    assert predictor.predict(np.zeros((30, 40, 3), np.uint8)).size == (30, 40)
    assert hub.seen("GET", "/cdn/")  # large files are redirected


def test_a_pinned_revision_in_the_cache_needs_no_request(hub: Hub, model_bytes: bytes) -> None:
    old = hub.add("ann/net", {"model.safetensors": model_bytes})
    hub.add("ann/net", {"model.safetensors": b"new" * 1000})
    path = resolve(f"hf://ann/net@{old}")
    assert path is not None
    assert path.read_bytes() == model_bytes
    hub.requests.clear()
    assert resolve(f"hf://ann/net@{old}") == path
    assert not hub.requests


def test_a_branch_follows_the_hub(hub: Hub) -> None:
    hub.add("ann/net", {"model.safetensors": b"old" * 1000})
    resolve("hf://ann/net")
    hub.add("ann/net", {"model.safetensors": b"new" * 1000})
    path = resolve("hf://ann/net")
    assert path is not None
    assert path.read_bytes() == b"new" * 1000


@pytest.mark.parametrize("trouble", ["offline", "unreachable", "silent", "broken", "deleted"])
def test_the_cached_copy_serves_when_the_hub_does_not(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    hub.add("ann/net", {"model.safetensors": b"file" * 1000})
    path = resolve("hf://ann/net")
    hub.requests.clear()
    if trouble == "offline":
        offline(monkeypatch)
    elif trouble == "unreachable":
        connect(monkeypatch, "http://127.0.0.1:9")
    elif trouble == "silent":
        hub.silent = True
        monkeypatch.setattr(hub_module, "PROBE_TIMEOUT_S", 0.1)
    elif trouble == "broken":
        hub.status = 503
    else:
        del hub.repositories["ann/net"]
    assert resolve("hf://ann/net") == path
    assert len(hub.seen("HEAD")) <= 1


def test_a_token_opens_private_and_gated_repositories_and_stays_on_the_hub(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("ann/private", {"model.safetensors": b"1" * 2000}, private=True)
    hub.add("ann/gated", {"model.safetensors": b"2" * 2000}, gated=True)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert resolve("hf://ann/private")
    assert resolve("hf://ann/gated")
    assert {request.token for request in hub.seen("HEAD", "/resolve/")} == {hub.token}
    assert {request.token for request in hub.seen("GET", "/cdn/")} == {None}


def test_progress_is_told_to_the_end(hub: Hub) -> None:
    content = os.urandom(300_000)
    hub.add("ann/net", {"model.safetensors": content})
    told: list[tuple[int, int | None]] = []
    resolve("hf://ann/net", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (300_000, 300_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_cut_download_resumes_where_it_broke_off(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    content = os.urandom(100_000)
    hub.add("ann/net", {"model.safetensors": content})
    hub.cuts = [40_000, 30_000]
    told: list[int] = []
    path = resolve("hf://ann/net", progress=lambda done, _: told.append(done))
    assert path is not None
    assert path.read_bytes() == content
    ranges = [request.range for request in hub.seen("GET", "/cdn/")]
    assert ranges == [None, "bytes=40000-", "bytes=70000-"]
    assert told[-1] == 100_000


def test_a_download_that_breaks_off_again_and_again(hub: Hub, tmp_path: Path) -> None:
    hub.add("ann/net", {"model.safetensors": b"x" * 100_000})
    hub.cuts = [0] * 50
    refused("hf://ann/net", "hf://ann/net/model.safetensors", "broke off", "try again")
    assert not list((tmp_path / "cache").rglob("*.incomplete"))
    hub.cuts = []
    assert resolve("hf://ann/net")


def test_a_file_that_is_not_what_the_hub_promised(hub: Hub) -> None:
    content = b"x" * 5000
    hub.add("ann/net", {"model.safetensors": content})
    hub.stored[hashlib.sha256(content).hexdigest()] = b"y" * 5000
    refused("hf://ann/net", "damaged or was changed", "Delete it and get it again")


def test_nothing_there(hub: Hub) -> None:
    hub.add("ann/net", {"model.safetensors": b"x" * 2000})
    refused("hf://ann/none", "no such repository, or it is private", "HF_TOKEN")
    refused("hf://ann/net@v9", "no revision 'v9'", "/ann/net/commits")
    refused("hf://ann/net/none.safetensors", "no file 'none.safetensors'", "/ann/net/tree")


@pytest.mark.parametrize("token", [None, "hf_wrong"])
def test_closed_repositories(hub: Hub, monkeypatch: pytest.MonkeyPatch, token: str | None) -> None:
    hub.add("ann/private", {"model.safetensors": b"x" * 2000}, private=True)
    hub.add("ann/gated", {"model.safetensors": b"x" * 2000}, gated=True)
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    refused("hf://ann/private", "no such repository, or it is private", "HF_TOKEN")
    refused("hf://ann/gated", "gated", f"{hub.url}/ann/gated", "HF_TOKEN")


@pytest.mark.parametrize(
    ("status", "part"),
    [(403, "forbids"), (429, "too many requests"), (500, "status 500"), (503, "later")],
)
def test_a_hub_out_of_order(hub: Hub, status: int, part: str) -> None:
    hub.status = status
    refused("hf://ann/net", part)
    assert len(hub.seen("HEAD")) == 1


def test_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, "http://127.0.0.1:9")
    refused("hf://ann/net", "can't be reached", "network", "bundled")


def test_a_silent_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "PROBE_TIMEOUT_S", 0.1)
    hub.silent = True
    refused("hf://ann/net", "can't be reached")
    assert len(hub.seen("HEAD")) == 1


def test_offline_and_not_cached(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    offline(monkeypatch)
    refused("hf://ann/net", "offline mode (HF_HUB_OFFLINE)", "not in the cache")
    assert not hub.requests


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (errno.ENOSPC, ("is full", "HF_HOME")),
        (errno.EACCES, ("is not writable", "HF_HOME")),
        (errno.EROFS, ("is not writable", "HF_HOME")),
    ],
)
def test_a_disk_that_fails(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, code: int, parts: tuple[str, ...]
) -> None:
    """The client writes to its cache through `Path.open`, which fails here as the disk would."""
    hub.add("ann/net", {"model.safetensors": b"x" * 2000})
    real = Path.open

    def failing(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if path.suffix == ".incomplete":
            raise OSError(code, os.strerror(code))
        return real(path, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", failing)
    refused("hf://ann/net", constants.HF_HUB_CACHE, *parts)


def test_a_server_that_is_no_hub(hub: Hub) -> None:
    hub.status = 200
    refused("hf://ann/net", "does not respond like the Hub", "HF_ENDPOINT")


def test_the_environment_that_huggingface_hub_documents(
    hub: Hub, model_bytes: bytes, tmp_path: Path
) -> None:
    """In a process of its own: HF_ENDPOINT, HF_HOME and HF_TOKEN are honoured, a bar is offered."""
    hub.add("ann/net", {"model.safetensors": model_bytes}, private=True)
    code = "from salmap.weights.resolve import resolve; print(resolve('hf://ann/net').path)"
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    environment |= {"HF_TOKEN": hub.token, "HF_HUB_DISABLE_XET": "1", "TQDM_POSITION": "-1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    assert Path(done.stdout.strip()).read_bytes() == model_bytes
    assert done.stdout.startswith(str(tmp_path / "home"))
    assert "100%" in done.stderr

"""Weights that are pinned, and a deployment's own repository of weights."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import salmap
from salmap import weights
from salmap.weights.registry import REGISTRY, Source
from tests.hub_server import Hub, connect
from tests.weights.resolving import fallback_reason, refused, register, resolve


def test_registered_hub_weights_are_checked(
    hub: Hub, model_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.add("ann/nets", {"net.safetensors": model_bytes})
    digest = hashlib.sha256(model_bytes).hexdigest()
    fields = {"repository": "ann/nets", "revision": commit, "file": "net.safetensors"}
    register(monkeypatch, source=Source.HUB, sha256=digest, **fields)
    assert salmap.load("test-net").name == "test-net"
    register(monkeypatch, source=Source.HUB, sha256="0" * 64, **fields)
    refused("test-net", "damaged or was changed")


def test_a_deployment_takes_all_weights_from_its_own_repository(
    hub: Hub, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("ann/weights", {"test-net.safetensors": b"theirs" * 1000})
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    path = resolve("test-net")
    assert path is not None
    assert path.read_bytes() == b"theirs" * 1000
    assert resolve("test-net", use_hub=False) == bundled
    assert resolve("spectral-residual") is None
    assert weights.origin(REGISTRY["test-net"]) == "ann/weights/test-net.safetensors on the Hub"
    assert weights.local_file(REGISTRY["test-net"]) is None


@pytest.mark.parametrize(
    ("trouble", "part"),
    [
        ("unreachable", "can't be reached"),
        ("not there", "no such repository"),
        ("not in it", "no file 'test-net.safetensors'"),
        ("cut", "broke off"),
        ("changed", "damaged or was changed"),
    ],
)
def test_where_the_deployments_repository_fails_the_bundled_weights_serve(
    hub: Hub, bundled: Path, monkeypatch: pytest.MonkeyPatch, trouble: str, part: str
) -> None:
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    content = b"theirs" * 1000
    if trouble == "unreachable":
        connect(monkeypatch, "http://127.0.0.1:9")
    elif trouble == "not in it":
        hub.add("ann/weights", {"other.safetensors": content})
    elif trouble != "not there":
        hub.add("ann/weights", {"test-net.safetensors": content})
    if trouble == "cut":
        hub.cuts = [0] * 50
    elif trouble == "changed":
        hub.stored[hashlib.sha256(content).hexdigest()] = b"y" * len(content)
    assert resolve("test-net") == bundled
    assert part in fallback_reason("test-net")
    assert "The bundled weights of 'test-net' are used." in fallback_reason("test-net")
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO")
    assert fallback_reason("test-net") == ""


def test_the_deployments_repository_is_asked_again(
    hub: Hub, bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    assert resolve("test-net") == bundled
    hub.add("ann/weights", {"test-net.safetensors": b"theirs" * 1000})
    assert resolve("test-net") != bundled
    assert fallback_reason("test-net") == ""


def test_streamlits_secrets_name_the_repository_too(tmp_path: Path) -> None:
    """Streamlit reads them when it starts and hands them on as environment variables."""
    (tmp_path / ".streamlit").mkdir()
    secrets = 'SALMAP_WEIGHTS_REPO = "ann/weights@v2"\nHF_TOKEN = "hf_right"\n'
    (tmp_path / ".streamlit/secrets.toml").write_text(secrets)
    code = (
        "import os, streamlit; assert streamlit.secrets.load_if_toml_exists(); "
        "from salmap.weights import registry, resolve; "
        "print(resolve.origin(registry.REGISTRY['lite']), os.environ['HF_TOKEN'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(salmap.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
    )
    assert done.stdout == "ann/weights@v2/lite.safetensors on the Hub hf_right\n"


def test_the_deployments_repository_may_be_pinned(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    commit = hub.add("ann/weights", {"test-net.safetensors": b"old" * 1000})
    hub.add("ann/weights", {"test-net.safetensors": b"new" * 1000})
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", f"hf://ann/weights@{commit}")
    path = resolve("test-net")
    assert path is not None
    assert path.read_bytes() == b"old" * 1000

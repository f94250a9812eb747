"""Where weights come from, with the real Hub client against a local server."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from huggingface_hub import constants

import salmap
from salmap import weights
from salmap.errors import ModelError, WeightsError
from salmap.models import CenterBias
from salmap.weights import hub as hub_module
from salmap.weights import resolve as resolving
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo
from salmap.weights.registry import REGISTRY, ModelEntry, Source
from tests.hub_server import Hub, connect, isolate, serve


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SALMAP_WEIGHTS_REPO", raising=False)
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(tmp_path / "models"))
    isolate(monkeypatch, tmp_path)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with serve() as server:
        connect(monkeypatch, server.url)
        yield server


def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def write_model(path: Path, name: str = "tiny") -> Path:
    model = CenterBias()
    write_tensors(path, model.tensors(), ModelInfo(name, model.architecture, model.config(), "MIT"))
    return path


@pytest.fixture
def model_bytes(tmp_path: Path) -> bytes:
    return write_model(tmp_path / "written.safetensors").read_bytes()


def resolve(reference: str, **options: Any) -> Path | None:
    """The path alone of what is found."""
    found = resolving.resolve(reference, **options)
    return found and found.path


def fallback_reason(name: str) -> str:
    found = resolving.resolve(name)
    assert found is not None
    return found.fallback_reason


def refused(reference: str, *parts: str) -> None:
    with pytest.raises(WeightsError) as caught:
        resolve(reference)
    message = str(caught.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


# names, folders and paths


def test_registered_models_are_listed() -> None:
    names = salmap.list_models()
    assert names == sorted(names)
    assert set(REGISTRY) <= set(names)


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=lambda entry: entry.name)
def test_registered_models_are_pinned_and_present(entry: ModelEntry) -> None:
    if entry.source in (Source.BUNDLED, Source.HUB):
        assert len(entry.sha256) == 64
        assert entry.size_bytes > 0
    if entry.source is Source.BUNDLED:
        data = (weights.assets_folder() / entry.file_name).read_bytes()
        assert len(data) == entry.size_bytes
        assert hashlib.sha256(data).hexdigest() == entry.sha256
    if entry.source is Source.HUB:
        assert len(entry.revision) == 40


@pytest.mark.parametrize("name", ["center-bias", "itti-koch", "spectral-residual"])
def test_built_in_models_load_by_name(name: str) -> None:
    predictor = salmap.load(name)
    assert predictor.name == name
    assert predictor.info is not None
    assert predictor.info.architecture == name
    prediction = predictor.predict(np.zeros((40, 60, 3), np.uint8))
    assert prediction.size == (40, 60)


def test_models_in_the_users_folder_have_their_stems_for_names(tmp_path: Path) -> None:
    path = write_model(tmp_path / "models" / "mine.safetensors")
    (tmp_path / "models" / "notes.txt").write_text("no model")
    assert "mine" in salmap.list_models()
    assert "notes" not in salmap.list_models()
    assert resolve("mine") == path
    assert salmap.load("mine").name == "mine"


def test_a_users_model_does_not_replace_a_registered_one(tmp_path: Path) -> None:
    write_model(tmp_path / "models" / "itti-koch.safetensors")
    assert salmap.list_models().count("itti-koch") == 1
    assert resolve("itti-koch") is None


@pytest.mark.parametrize("variable", ["XDG_DATA_HOME", "HOME"])
def test_the_users_folder_by_default(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("SALMAP_MODELS_DIR")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    below = tmp_path if variable == "XDG_DATA_HOME" else tmp_path / ".local" / "share"
    assert weights.models_folder() == below / "salmap" / "models"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_loads(kind: type, tmp_path: Path) -> None:
    path = write_model(tmp_path / "some.model.safetensors", name="inside")
    predictor = salmap.load(kind(path))
    assert predictor.name == "some.model"
    assert predictor.info is not None
    assert predictor.info.name == "inside"


def test_unknown_names(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"Did you mean 'itti-koch'\? Available models: .*lite"):
        salmap.load("itty-koch")
    with pytest.raises(ModelError, match=r"There is no model '\.\./models/x'"):
        salmap.load("../models/x")
    with pytest.raises(WeightsError, match="There is no file"):
        salmap.load(tmp_path / "none.safetensors")


def register(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> ModelEntry:
    entry = replace(ModelEntry("test-net", "A test.", Source.BUNDLED), **fields)
    monkeypatch.setitem(REGISTRY, entry.name, entry)
    return entry


# bundled weights


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    path = write_model(folder / "test-net.safetensors")
    monkeypatch.setattr(resolving, "assets_folder", lambda: folder)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    register(monkeypatch, source=Source.BUNDLED, sha256=digest)
    return path


def test_bundled_weights_are_found_and_checked_once(
    bundled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "test-net" in salmap.list_models()
    assert salmap.load("test-net").name == "test-net"
    monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read a second time"))
    assert resolve("test-net") == bundled


def test_changed_bundled_weights_are_refused(bundled: Path) -> None:
    resolve("test-net")
    bundled.write_bytes(bundled.read_bytes() + b" ")
    refused("test-net", str(bundled), "damaged or was changed", "SHA-256", "Delete it")


def test_weights_that_an_installation_lacks(
    bundled: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wheel carries few weights; of the others a sentence says where to get them."""
    bundled.unlink()
    assert "test-net" not in salmap.list_models()
    refused("test-net", f"no test-net.safetensors in {bundled.parent}", "checkout",
            "SALMAP_WEIGHTS_REPO", "hf://owner/repo")  # fmt: skip
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "ann/weights")
    assert "test-net" in salmap.list_models()
    refused("test-net", "ann/weights", "no such repository")
    hub.add("ann/weights", {"test-net.safetensors": b"theirs" * 1000})
    assert resolve("test-net") is not None


def test_a_git_lfs_pointer_in_place_of_weights(bundled: Path) -> None:
    bundled.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    refused("test-net", "Git LFS pointer", "git lfs pull")


@pytest.mark.parametrize("installed", [True, False])
def test_the_assets_of_a_wheel_or_of_a_checkout(
    installed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "salmap"
    (package / "assets" if installed else package).mkdir(parents=True)
    monkeypatch.setattr(resolving, "__file__", str(package / "weights" / "resolve.py"))
    expected = package / "assets" if installed else tmp_path / "assets"
    assert weights.assets_folder() == expected


# the Hub


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


def test_the_package_imports_neither_torch_nor_the_hub_client() -> None:
    code = (
        "import sys, salmap; salmap.list_models(); import salmap.cli; "
        "print([m for m in ('torch', 'cv2', 'huggingface_hub') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=900
    )
    assert done.stdout.strip() == "[]"


def test_a_predictor_and_its_outputs_need_no_torch() -> None:
    """Torch takes seconds to import: only a backend that runs on it may do so."""
    code = (
        "import sys, salmap.predictor, salmap.outputs.batch, salmap.weights.file; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=900).returncode == 0


def test_the_public_names_exist() -> None:
    for name in salmap.__all__:
        assert getattr(salmap, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'lode'"):
        salmap.lode  # noqa: B018

"""Deploying with the real Hub client against a local server, and what the image holds."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import metadata_load
from typer.testing import CliRunner

from salmap.cli import main as cli
from salmap.errors import SalmapError
from salmap.publish import space as deploy
from salmap.weights.resolve import FAMILIARITY_SUFFIX, TIMING_SUFFIX, resolve
from tests.hub_server import (
    LARGE_BYTES,
    REFUSALS,
    Hub,
    Repository,
    make_trouble,
)

ROOT = Path(__file__).parents[2]
README = "---\ntitle: Salmap\nsdk: docker\napp_port: 8501\n---\n\n# Salmap\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout with everything in it that must not reach a Space."""
    source = tmp_path / "checkout"
    files = {
        "README.md": README,
        "Dockerfile": "FROM scratch\n",
        ".dockerignore": (ROOT / ".dockerignore").read_text(),
        "app.py": "import salmap\n",
        "requirements.txt": "streamlit\n",
        "salmap/version.py": "__version__ = '1'\n",
        "salmap/ui/page.py": "",
        "salmap/ui/__pycache__/page.pyc": "compiled",
        "salmap/__pycache__/version.pyc": "compiled",
        "assets/lite.safetensors": "weights " * LARGE_BYTES,
        ".streamlit/config.toml": "[server]\n",
        ".streamlit/secrets.toml": 'HF_TOKEN = "hf_secret"\n',
        ".git/config": "",
        ".venv/lib/salmap/module.py": "",
        "tests/test_it.py": "",
        "runs/1/app.py": "",
        ".env": "HF_TOKEN=hf_secret\n",
    }
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return source


SENT = (
    ".dockerignore",
    ".streamlit/config.toml",
    "Dockerfile",
    "README.md",
    "app.py",
    "assets/lite.safetensors",
    "requirements.txt",
    "salmap/ui/page.py",
    "salmap/version.py",
)


def tree(hub: Hub, space: str = "ann/looks") -> dict[str, bytes]:
    return hub.repositories[f"spaces/{space}"].tree("main")


def test_a_space_gets_its_files_and_nothing_else(hub: Hub, checkout: Path) -> None:
    plan = deploy.plan("ann/looks", source=checkout)
    assert plan.files == SENT
    assert deploy.deploy(plan) == f"{hub.url}/spaces/ann/looks"
    sent = {name: (checkout / name).read_bytes() for name in SENT}
    assert tree(hub) == {**sent, ".gitattributes": tree(hub)[".gitattributes"]}
    space = hub.repositories["spaces/ann/looks"]
    assert (space.sdk, space.private, space.variables) == ("docker", False, {})
    assert len(space.commits) == 2  # the Hub's own, and one for the whole app


def test_large_weights_go_through_lfs(hub: Hub, checkout: Path) -> None:
    """The whole protocol: which are large, where to, the bytes, are they there, and the commit."""
    deploy.deploy(deploy.plan("ann/looks", source=checkout))
    content = (checkout / "assets/lite.safetensors").read_bytes()
    oid = hashlib.sha256(content).hexdigest()
    steps = [(request.method, request.path) for request in hub.requests]
    space = "/api/spaces/ann/looks"
    lfs = "/spaces/ann/looks.git/info/lfs"
    assert steps[steps.index(("POST", f"{space}/preupload/main")) :] == [
        ("POST", f"{space}/preupload/main"),
        ("POST", f"{lfs}/objects/batch"),
        ("PUT", f"/lfs/{oid}"),
        ("POST", f"{lfs}/verify"),
        ("POST", f"{space}/commit/main"),
    ]
    assert tree(hub)["assets/lite.safetensors"] == content


def test_the_second_time_removes_what_is_gone(hub: Hub, checkout: Path) -> None:
    deploy.deploy(deploy.plan("ann/looks", source=checkout))
    (checkout / "salmap/ui/page.py").unlink()
    (checkout / "app.py").write_text("changed\n")
    deploy.deploy(deploy.plan("ann/looks", source=checkout))
    assert set(tree(hub)) == {*SENT, ".gitattributes"} - {"salmap/ui/page.py"}
    assert tree(hub)["app.py"] == b"changed\n"
    assert len(hub.seen("PUT", "/lfs/")) == 1  # the weights were there already


def test_variables_are_set_before_the_build(hub: Hub, checkout: Path) -> None:
    plan = deploy.plan("ann/looks", True, "ann/weights@v2", source=checkout)
    deploy.deploy(plan)
    space = hub.repositories["spaces/ann/looks"]
    assert space.private
    assert space.variables == {"SALMAP_WEIGHTS_REPO": "ann/weights@v2"}
    posts = [request.path for request in hub.seen("POST")]
    assert posts.index("/api/spaces/ann/looks/variables") < posts.index(
        "/api/spaces/ann/looks/commit/main"
    )


def test_a_dry_run_shows_everything_and_sends_nothing(
    hub: Hub, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = deploy.plan
    monkeypatch.setattr(deploy, "plan", lambda *arguments: whole(*arguments, source=checkout))
    command = ["deploy", "ann/looks", "--private", "--weights-repo", "ann/weights"]
    result = CliRunner().invoke(cli.app, command)
    assert result.exit_code == 0, result.output
    assert f"private Space {hub.url}/spaces/ann/looks" in result.stdout
    assert "SALMAP_WEIGHTS_REPO to ann/weights" in result.stdout
    assert "8.0 kB  assets/lite.safetensors" in result.stdout
    assert [file for file in SENT if file not in result.stdout] == []
    assert "secret" not in result.stdout
    assert "Nothing was sent. Add --yes" in result.stdout
    assert not hub.requests
    result = CliRunner().invoke(cli.app, [*command, "--yes"])
    assert result.stdout == f"{hub.url}/spaces/ann/looks\n"
    assert set(tree(hub)) == {*SENT, ".gitattributes"}


def test_a_space_of_another_app_is_left_alone(hub: Hub, checkout: Path) -> None:
    hub.repositories["spaces/ann/looks"] = Repository(sdk="docker")
    hub.repositories["spaces/ann/looks"].commit({"app.py": b"my other app"})
    with pytest.raises(SalmapError, match="holds something other"):
        deploy.deploy(deploy.plan("ann/looks", "", "ann/weights", source=checkout))
    assert tree(hub) == {"app.py": b"my other app"}
    assert not hub.repositories["spaces/ann/looks"].variables


def test_a_public_space_does_not_pass_for_private(hub: Hub, checkout: Path) -> None:
    deploy.deploy(deploy.plan("ann/looks", source=checkout))
    with pytest.raises(SalmapError, match="exists and is public"):
        deploy.deploy(deploy.plan("ann/looks", private=True, source=checkout))


def test_a_model_of_the_same_name_is_another_repository(hub: Hub, checkout: Path) -> None:
    hub.add("ann/looks", {"model.safetensors": b"mine"})
    deploy.deploy(deploy.plan("ann/looks", source=checkout))
    assert hub.repositories["ann/looks"].tree("main") == {"model.safetensors": b"mine"}


@pytest.mark.parametrize("trouble", REFUSALS)
def test_refusals(hub: Hub, checkout: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    make_trouble(hub, monkeypatch, trouble)
    with pytest.raises(SalmapError, match=REFUSALS[trouble]):
        deploy.deploy(deploy.plan("ann/looks", source=checkout))
    assert not hub.repositories


@pytest.mark.parametrize("space", ["looks", "a/b/c", "a b/c", "spaces/ann/looks"])
def test_names_that_are_no_space(checkout: Path, space: str) -> None:
    with pytest.raises(SalmapError, match="write owner/name"):
        deploy.plan(space, source=checkout)


def test_weights_repositories_are_checked(checkout: Path) -> None:
    with pytest.raises(SalmapError, match="not a valid Hub name"):
        deploy.plan("ann/looks", weights_repo="weights", source=checkout)


def test_only_a_checkout_is_deployed(checkout: Path) -> None:
    (checkout / "README.md").write_text("# Salmap\n")
    with pytest.raises(SalmapError, match="does not begin with a Space's settings"):
        deploy.plan("ann/looks", source=checkout)
    (checkout / "Dockerfile").unlink()
    with pytest.raises(SalmapError, match="has no Dockerfile: deploy from a checkout"):
        deploy.plan("ann/looks", source=checkout)


def test_docker_and_the_hub_get_the_same_files() -> None:
    """`.dockerignore` is written for Docker, `IN_THE_IMAGE` for the Hub's client."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert rules[-1] == "**/__pycache__"
    assert {rule.removeprefix("!") for rule in rules[1:-1]} == {
        pattern.removesuffix("/*") for pattern in deploy.IN_THE_IMAGE
    }


def test_the_image_holds_the_app_and_nothing_compiled() -> None:
    files = deploy.files_to_send(ROOT)
    assert {"app.py", "requirements.txt", ".streamlit/config.toml", "LICENSE"} <= set(files)
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "salmap").rglob("*.py")}
    assert sources <= set(files)
    tops = {file.split("/")[0] for file in files}
    assert tops <= {
        "LICENSE",
        ".dockerignore",
        "Dockerfile",
        "README.md",
        "app.py",
        "requirements.txt",
        ".streamlit",
        "assets",
        "salmap",
        "train",
    }
    assert not [file for file in files if file.endswith(".pyc")]


def test_the_readme_and_the_image_agree() -> None:
    settings = metadata_load(ROOT / "README.md") or {}
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert settings["sdk"] == "docker"
    assert re.findall(r"^EXPOSE (\d+)$", dockerfile, re.M) == [str(settings["app_port"])]
    assert f"STREAMLIT_SERVER_PORT={settings['app_port']} " in dockerfile
    assert settings["license"] == "apache-2.0"
    assert len(settings["short_description"]) <= 60  # the Hub takes no more


def test_the_documented_way_to_a_weights_repository(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line in docs/spaces.md, run with the Hub client's own command, fills one that serves."""
    (line,) = re.findall(r"^ *hf (upload .*)$", (ROOT / "docs/spaces.md").read_text(), re.M)
    program = Path(sys.executable).with_name("hf")
    client = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path), "HF_HUB_DISABLE_XET": "1"}
    subprocess.run(
        [program, *shlex.split(line)], cwd=ROOT, env=os.environ | client, check=True, timeout=900
    )
    bundled = {path.name: path.read_bytes() for path in (ROOT / "assets").glob("*.safetensors")}
    assert hub.repositories["you/weights"].tree("main") == bundled
    monkeypatch.setenv("SALMAP_WEIGHTS_REPO", "you/weights")
    beside = (FAMILIARITY_SUFFIX, TIMING_SUFFIX)
    weights = {name: data for name, data in bundled.items() if not name.endswith(beside)}
    assert len(weights) == 5
    for name, content in weights.items():
        found = resolve(Path(name).stem)
        assert found is not None
        assert tmp_path in found.path.parents
        assert found.path.read_bytes() == content

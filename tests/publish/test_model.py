"""Publishing with the real Hub client against a local server, and the model card."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

import salmap
from salmap.cli import main as cli
from salmap.errors import SalmapError, WeightsError
from salmap.metrics import GOLD_STANDARD_KEY, METRICS
from salmap.models import CenterBias
from salmap.publish import model as publish
from salmap.weights.file import write_tensors
from salmap.weights.info import ModelInfo
from tests.hub_server import REFUSALS, Hub, make_trouble

INFO = ModelInfo(
    name="street | <b>net</b>",
    architecture="center-bias",
    config={},
    license="Apache-2.0",
    data=("OSIE (MIT)", "Crowd (MIT)"),
    scores={
        "osie": {"ig": [2.0, 1.9, 2.1], "nss": [3.5], GOLD_STANDARD_KEY: [2.2, 2.1, 2.4]},
        "crowd": {"nss": [2.2, 2.1, 2.3]},
    },
    source="train/recipes/lite.toml",
    notes="Not for portraits.",
)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    write_tensors(path, CenterBias().tensors(), INFO)
    return path


def test_a_dry_run_shows_everything_and_sends_nothing(hub: Hub, checkpoint: Path) -> None:
    result = CliRunner().invoke(cli.app, ["publish", str(checkpoint), "ann/net", "--private"])
    assert result.exit_code == 0
    assert f"private repository {hub.url}/ann/net" in result.stdout
    assert str(checkpoint) in result.stdout
    assert publish.plan(checkpoint, "ann/net").card in result.stdout
    assert "Nothing was sent. Add --yes" in result.stdout
    assert not hub.requests


def test_what_is_published_can_be_loaded(hub: Hub, checkpoint: Path) -> None:
    result = CliRunner().invoke(cli.app, ["publish", str(checkpoint), "ann/net", "--yes"])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{hub.url}/ann/net\n"
    repository = hub.repositories["ann/net"]
    assert not repository.private
    assert len(repository.commits) == 1
    files = repository.tree("main")
    assert files["model.safetensors"] == checkpoint.read_bytes()
    assert files["README.md"].decode() == publish.plan(checkpoint, "ann/net").card
    assert salmap.load("hf://ann/net").info == INFO


def test_a_second_time_replaces_the_files(hub: Hub, checkpoint: Path, tmp_path: Path) -> None:
    publish.publish(publish.plan(checkpoint, "ann/net"))
    other = tmp_path / "other.safetensors"
    write_tensors(other, CenterBias().tensors(), INFO, half=False)
    publish.publish(publish.plan(other, "ann/net"))
    assert hub.repositories["ann/net"].tree("main")["model.safetensors"] == other.read_bytes()
    assert len(hub.repositories["ann/net"].commits) == 2


def test_private_is_kept_private(hub: Hub, checkpoint: Path) -> None:
    publish.publish(publish.plan(checkpoint, "ann/secret", private=True))
    assert hub.repositories["ann/secret"].private
    hub.add("ann/open", {"README.md": b"mine"})
    with pytest.raises(SalmapError, match="exists and is public"):
        publish.publish(publish.plan(checkpoint, "ann/open", private=True))
    assert hub.repositories["ann/open"].tree("main") == {"README.md": b"mine"}


def test_large_files_are_sent_once(hub: Hub, checkpoint: Path) -> None:
    oid = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    publish.publish(publish.plan(checkpoint, "ann/one"))
    publish.publish(publish.plan(checkpoint, "ann/two"))
    assert [request.path for request in hub.seen("PUT")] == [f"/lfs/{oid}"]
    assert hub.repositories["ann/two"].tree("main")["model.safetensors"] == checkpoint.read_bytes()


@pytest.mark.parametrize("trouble", REFUSALS)
def test_refusals(
    hub: Hub, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    make_trouble(hub, monkeypatch, trouble)
    with pytest.raises(SalmapError, match=REFUSALS[trouble]):
        publish.publish(publish.plan(checkpoint, "ann/net"))
    assert not hub.repositories


@pytest.mark.parametrize("repository", ["net", "a/b/c", "a b/c", "/net", "hf://ann/net"])
def test_names_that_are_no_repository(checkpoint: Path, repository: str) -> None:
    with pytest.raises(SalmapError, match="write owner/name"):
        publish.plan(checkpoint, repository)


def test_only_sound_models_are_published(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(b"PK\x03\x04 weights")
    with pytest.raises(WeightsError, match="only safetensors"):
        publish.plan(path, "ann/net")


def test_the_card(checkpoint: Path) -> None:
    card = publish.plan(checkpoint, "ann/net").card
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "apache-2.0"
    assert yaml.safe_load(front)["library_name"] == "salmap"
    assert r"# street \| \<b\>net\</b\>" in body
    assert 'salmap.load("hf://ann/net")' in body
    gold = "gold standard IG (bits per fixation)"
    assert f"| data set | IG (bits per fixation) | NSS | {gold} |" in body
    assert "| osie | 2.000 [1.900, 2.100] | 3.500 | 2.200 [2.100, 2.400] |" in body
    assert "| crowd |  | 2.200 [2.100, 2.300] |  |" in body
    assert f"- NSS: {METRICS['nss'].meaning}" in body
    assert METRICS["cc"].meaning not in body
    assert "- OSIE (MIT)\n- Crowd (MIT)" in body
    assert "parameters: 4,096" in body
    assert "Not for portraits." in body


def test_every_score_of_a_model_that_ships_has_a_name_on_its_card() -> None:
    info = salmap.load("lite").info
    assert info is not None
    keys = {key for row in info.scores.values() for key in row}
    assert keys == {*METRICS, GOLD_STANDARD_KEY}
    (columns,) = (
        line
        for line in publish.model_card(info, "ann/net", 10).splitlines()
        if line.startswith("| data set")
    )
    assert "_" not in columns
    assert all(metric.heading in columns for metric in METRICS.values())


def test_the_card_of_a_model_of_which_little_is_known() -> None:
    info = ModelInfo("net", "center-bias", {}, license="My Own License 1.0")
    card = publish.model_card(info, "ann/net", 10)
    front = yaml.safe_load(card.split("---\n")[1])
    assert (front["license"], front["license_name"]) == ("other", "my-own-license-1.0")
    assert "None recorded." in card
    assert "Not stated." in card

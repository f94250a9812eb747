"""The small pictures of a data set and of a run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from salmap import load_image
from salmap.cli.train import app
from salmap.errors import TrainingError
from salmap.jobs.uploads import keep
from tests.gaze import gaze_zip, save_untrained
from tests.train.tiny import make_dataset
from train.followed import FollowedSample
from train.start import _encoder_tensors


def test_a_followed_sample_shows_where_people_look_and_what_is_predicted(tmp_path):
    dataset = make_dataset(tmp_path / "pictures").split("val")
    sample = FollowedSample(tmp_path, dataset)
    truth = sample.write_truth()
    assert truth["picture"] == dataset.records[0].name
    stimulus = load_image(tmp_path / truth["stimulus"]).astype(int)
    looked = load_image(tmp_path / truth["fixations"]).astype(int)
    log_density = np.full((48, 64), -50.0, np.float32)
    log_density[:10, :10] = 0
    path = sample.write_prediction("frozen-1", lambda images: [log_density])
    predicted = load_image(tmp_path / path).astype(int)
    x, y = int(dataset.fixations(0).x.mean()), int(dataset.fixations(0).y.mean())
    assert abs(looked - stimulus)[y, x].sum() > 60
    assert abs(predicted - stimulus)[4, 4].sum() > 60
    assert abs(predicted - stimulus)[40:, 50:].mean() < 12


def test_the_check_says_the_same_as_json_and_draws_samples(tmp_path):
    (tmp_path / "gaze.zip").write_bytes(gaze_zip(5))
    with (tmp_path / "gaze.zip").open("rb") as archive:
        folder = keep("gaze.zip", archive, tmp_path / "data")
    command = ["check", f"folder={folder}", "--json", "--samples", str(tmp_path / "samples")]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0
    record = json.loads(result.stdout.splitlines()[-1])
    assert (record["pictures"], record["viewers"], record["problems"]) == (5, 4, [])
    assert record["fixations"] == [20] * 5
    assert [s["fixations"] for s in record["samples"]] == [20] * 4
    assert load_image(tmp_path / "samples" / record["samples"][0]["file"]).shape == (72, 96, 3)


def test_a_check_that_fails_says_why_as_json(tmp_path):
    result = CliRunner().invoke(app, ["check", f"folder={tmp_path}", "--json"])
    assert result.exit_code == 1
    assert "images" in json.loads(result.stdout.splitlines()[-1])["error"]


def test_the_encoder_of_a_salmap_model_is_found(tmp_path):
    path = save_untrained(tmp_path / "mine.safetensors")
    tensors = _encoder_tensors(path, "tf_efficientnet_lite2")
    assert "conv_stem.weight" in tensors
    assert not any(name.startswith(("encoders.", "decoder.")) for name in tensors)
    with pytest.raises(TrainingError, match=r"not resnet50\.tv_in1k"):
        _encoder_tensors(path, "resnet50.tv_in1k")

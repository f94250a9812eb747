"""Runs on the Train page without a browser or training; tests/browser/test_train.py has both."""

from __future__ import annotations

import json
import time

import pytest

from salmap.errors import JobError
from salmap.jobs import plans as training
from salmap.jobs.dataset_check import DataSource
from salmap.jobs.plans import NETWORKS, FitPlan
from salmap.jobs.runs import ADAPT, FIT
from salmap.ui.job_words import duration
from salmap.weights import hub
from tests.gaze import gaze_jpeg, save_untrained
from tests.jobs.test_runs import wait_for
from tests.ui.train_page import PATIENT, ended_job, page, texts, with_data
from train.recipe_file import parse_settings, read_recipe

pytestmark = pytest.mark.usefixtures("folders")


def test_a_finished_run_stands_beside_the_model_it_started_from(folders, everything):
    save_untrained(folders / "models" / "mine.safetensors")
    job = ended_job(everything, [{"event": "end", "model": "x"}])
    scores = {
        name: {"mean": m, "low": m - 0.1, "high": m + 0.1}
        for name, m in (("new", 0.07), ("base", 0.5))
    }
    record = {
        "rows": {name: {"scores": {"ig": interval}} for name, interval in scores.items()},
        "paired_tests": [
            {"a": "new", "b": "base", "metric": "ig", "pictures": 8,
             "difference": {"mean": -0.43, "low": -0.6, "high": -0.3}}
        ],
    }  # fmt: skip
    (job.folder / "comparison.json").write_text(json.dumps(record))
    app = page().run()
    assert not app.exception
    assert "is worse than" in texts(app, "warning")
    assert "8 held-out pictures" in texts(app, "warning")
    assert [m.value for m in app.metric] == ["0.07 bits", "0.50 bits", "-0.43 bits"]
    headings = [header.value for header in app.header]
    assert headings.index("Results") < headings.index("2. What to train")


def test_fitting_starts_from_the_default_model_and_its_time_is_measured(folders, everything):
    events = [{"event": "start", "time": 1000.0}, {"event": "end", "time": 1060.0}]
    job = everything.start(ADAPT, "earlier", lambda folder: [str(folder)], {"pictures": 12})
    wait_for(lambda: not everything.state(job).is_running)
    launch = json.loads((job.folder / "launch.json").read_text())
    (job.folder / "launch.json").write_text(json.dumps(launch | {"time": 0}))
    (job.folder / "progress.jsonl").write_text("".join(json.dumps(e) + "\n" for e in events))
    app = with_data(folders)
    assert app.selectbox(key="adapt_model").value == "lite"
    assert "about 2\u00a0min, as the last one did" in texts(app, "caption")


def options(settings: dict[str, object]) -> list[str]:
    return [f"{name}={json.dumps(value)}" for name, value in settings.items()]


def test_a_plan_is_a_recipe(tmp_path):
    source = DataSource("folder", tmp_path)
    plan = FitPlan("my-model", "lite", source, 3, 0, 0.002, 256, None)
    recipe = read_recipe(training.RECIPE, parse_settings(options(training.recipe_settings(plan))))
    assert (recipe.name, recipe.preset, recipe.size) == ("my-model", "lite", 256)
    assert (recipe.frozen.epochs, recipe.finetune.epochs, recipe.frozen.lr) == (3, 0, 0.002)
    assert recipe.finetune.freeze_stride == 4


@pytest.mark.parametrize("name", ["", "a b", "../a", "lite", "ä", "x" * 41, "-a"])
def test_names_of_models_are_checked(name):
    with pytest.raises(JobError):
        training.require_free_name(name)


def test_a_name_that_is_free_is_proposed(folders):
    assert training.free_name("my-lite") == "my-lite"
    for name in ("my-lite", "my-lite-2"):
        (folders / "models" / f"{name}.safetensors").touch()
    assert training.free_name("my-lite") == "my-lite-3"


def test_of_many_epochs_a_few_pictures_are_shown(everything):
    events: list[dict] = [{"event": "start", "epochs": {"frozen": 150}}]
    job = ended_job(everything, [])
    (job.folder / "a.jpg").write_bytes(gaze_jpeg())
    events[0]["sample"] = {"picture": "a", "stimulus": "a.jpg", "fixations": "a.jpg"}
    events += [
        {
            "event": "epoch", "stage": "frozen", "epoch": number, "sample": "a.jpg",
            "validation": {"folder": {"ig": 0.1, "nss": 1.0}},
        }
        for number in range(1, 151)
    ]  # fmt: skip
    events += [{"event": "stopped"}]
    with (job.folder / "progress.jsonl").open("a") as file:
        file.writelines(json.dumps({"time": time.time()} | event) + "\n" for event in events)
    app = page().run()
    assert not app.exception
    assert "Stopped after 150 complete epochs" in texts(app, "info")
    assert len(app.image) == 3 + 6


def test_a_folder_on_the_server_is_checked_and_trained_on(folders, everything):
    everything.program = PATIENT
    start = save_untrained(folders / "models" / "start.safetensors")
    app = with_data(folders)
    assert not app.exception
    assert {m.label: m.value for m in app.metric}["Pictures"] == "24"
    app.text_input(key="fit_name").set_value("birds")
    app.number_input(key="fit_frozen").set_value(2)
    app.selectbox(key="fit_start_lite").set_value("the encoder of start").run()
    app.button(key="fit_start").click().run()
    assert not app.error
    (job,) = everything.all()
    arguments = dict(zip(job.arguments[1::2], job.arguments[2::2], strict=True))
    assert job.arguments[0] == "fit"
    assert arguments["--data"] == f"folder={folders / 'gaze'}"
    assert arguments["--encoder"] == f"tf_efficientnet_lite2={start}"
    assert arguments["--copy"] == str(folders / "models" / "birds.safetensors")
    assert arguments["--out"] == str(job.folder)
    pairs = zip(job.arguments[1::2], job.arguments[2::2], strict=True)
    settings = parse_settings(value for flag, value in pairs if flag == "--set")
    recipe = read_recipe(arguments["--recipe"], settings)
    assert (recipe.name, recipe.frozen.epochs, recipe.finetune.epochs) == ("birds", 2, 0)
    assert job.settings["network"] == "lite"


def test_without_the_hub_a_network_that_needs_it_is_not_started(folders, everything, monkeypatch):
    monkeypatch.setattr(hub, "why_unavailable", lambda wanted: f"{wanted.repository} is far.")
    app = with_data(folders)
    app.radio(key="fit_network").set_value("resnet50").run()
    app.selectbox(key="fit_start_resnet50").set_value("ImageNet weights from the Hub").run()
    app.button(key="fit_start").click().run()
    assert f"{NETWORKS['resnet50'].encoders[0].repository} is far." in app.error[0].value.replace(
        "\\", ""
    )
    assert everything.all() == []


def test_one_run_at_a_time_seen_by_all(folders, everything):
    save_untrained(folders / "models" / "start.safetensors")
    job = everything.start(FIT, "theirs", lambda folder: [str(folder), "work"])
    wait_for(lambda: everything.events_since_launch(job))
    app = with_data(folders)
    assert "Training theirs" in texts(app, "header")
    assert app.button(key="fit_start").disabled
    app.button(key="stop_job").click().run()
    wait_for(lambda: not everything.state(job).is_running)
    app.run()
    assert "Stopped before its first epoch" in texts(app, "info")
    assert not app.button(key="fit_start").disabled
    assert not app.button(key="resume_job").disabled


def test_a_failed_run_says_why_and_goes_on(everything):
    job = ended_job(everything, [], FIT, "refuse")
    app = page().run()
    assert "There is no folder /nowhere." in app.error[0].value
    assert "Error: There is no folder /nowhere." in app.code[0].value
    app.button(key="resume_job").click().run()
    assert not app.exception
    wait_for(lambda: not everything.state(job).is_running)
    arguments = json.loads((job.folder / "arguments.json").read_text())
    assert arguments == [str(job.folder), "refuse", "--resume"]


def test_a_finished_model_has_scores_and_a_card_and_can_be_deleted(folders, everything):
    scores = {"folder": {"ig": [0.5], "nss": [1.25]}}
    path = save_untrained(folders / "models" / "mine.safetensors", scores)
    job = ended_job(everything, [{"event": "end", "model": "x"}])
    app = page().run()
    assert not app.exception
    assert "**mine** is ready" in app.success[0].value
    assert "0.500" in texts(app, "markdown")
    assert "gaze" in texts(app, "markdown")
    assert len(app.get("download_button")) == 1
    app.button(key="delete_job").click().run()
    assert not path.exists()
    assert not job.folder.exists()
    assert len(app.get("download_button")) == 0


@pytest.mark.parametrize("gained", [True, False])
def test_the_verdict_of_an_adaptation_is_as_it_was_measured(everything, gained):
    intervals = [{"mean": m, "low": m - 0.1, "high": m + 0.1} for m in (0.2, 0.5, 0.3)]
    end = {
        "event": "end", "model": "mine.safetensors" if gained else None, "summary": "The verdict.",
        "scores": {"ig": intervals}, "settings": [{"name": "gain", "before": 1.0, "after": 0.7}],
    }  # fmt: skip
    ended_job(everything, [end], ADAPT)
    app = page().run()
    assert not app.exception
    assert [m.value for m in app.metric] == ["0.20", "0.50", "0.30"]
    assert "0.20 to 0.40" in texts(app, "caption")
    verdicts = app.success if gained else app.warning
    assert "The verdict." in verdicts[0].value
    assert ("No model was written" in verdicts[0].value) != gained


def test_adapting_starts_with_a_model_at_hand(folders, everything):
    everything.program = PATIENT
    start = save_untrained(folders / "models" / "start.safetensors")
    app = with_data(folders)
    app.selectbox(key="adapt_model").set_value("start")
    app.text_input(key="adapt_name").set_value("ours").run()
    app.button(key="adapt_start").click().run()
    assert texts(app, "error") == ""
    (job,) = everything.all()
    arguments = dict(zip(job.arguments[1::2], job.arguments[2::2], strict=True))
    assert (job.kind, job.arguments[0]) == (ADAPT, "adapt")
    assert arguments["--model"] == str(start)
    assert arguments["--out"] == str(folders / "models" / "ours.safetensors")
    assert arguments["--log"] == str(job.folder)


def test_models_lend_their_encoder_to_networks_that_have_it(folders):
    path = save_untrained(folders / "models" / "start.safetensors")
    (folders / "models" / "broken.safetensors").write_bytes(b"no model")
    assert training.starting_points("lite")["start"] == path
    assert "start" not in training.starting_points("resnet50")
    assert "broken" not in training.trained_models()
    assert "spectral-residual" not in training.trained_models()


def test_times_are_said_as_people_do():
    assert [duration(s) for s in (3, 52, 60, 3599, 7800)] == [
        "5\u00a0s", "50\u00a0s", "1\u00a0min", "1\u00a0h 0\u00a0min", "2\u00a0h 10\u00a0min",
    ]  # fmt: skip

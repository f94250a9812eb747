"""The Train page without a browser and without training; tests/browser/test_train.py has both."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from salmap.errors import DatasetError, JobError
from salmap.jobs import plans as training
from salmap.jobs import runs as jobs
from salmap.jobs import uploads
from salmap.jobs.dataset_check import DatasetReport, DataSource, Problem
from salmap.jobs.plans import NETWORKS, FitPlan
from salmap.jobs.runs import ADAPT, FIT, Job, Jobs
from salmap.ui import access
from salmap.ui.access import is_this_computer
from salmap.ui.components import dataset
from salmap.ui.job_words import duration
from salmap.weights import hub
from tests.gaze import gaze_jpeg, gaze_zip, save_untrained
from tests.jobs.test_runs import WORKER, wait_for
from train.recipe_file import parse_settings, read_recipe

#: a program that takes any arguments and goes on until it is ended
PATIENT = (sys.executable, "-c", "import time; time.sleep(600)")
REPORT = DatasetReport(24, {"train": 22, "val": 2}, (20,) * 24, 4, 0, (), (), ())
BROKEN = Problem("It has no fixations or map.", "Add them.", ("images/a.png",), 1)


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path) -> Path:
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("SALMAP_MODELS_DIR", str(models))
    monkeypatch.setenv("SALMAP_TRAINING_DIR", str(tmp_path / "training"))
    monkeypatch.setenv("SALMAP_TRAINING", "1")
    monkeypatch.setattr(dataset, "check", lambda source: REPORT)
    monkeypatch.setattr(access, "is_local", lambda: True)
    return tmp_path


@pytest.fixture
def everything(monkeypatch, tmp_path):
    """Jobs that do as their name says instead of training."""
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    found = Jobs(training.folder() / "runs", (sys.executable, str(script)))
    monkeypatch.setattr(training, "all_jobs", lambda: found)
    yield found
    for job in found.all():
        found.end_now(job)


def page() -> AppTest:
    def app() -> None:
        from salmap.ui.pages.train import page

        page()

    return AppTest.from_function(app, default_timeout=120)


def with_data(folders: Path, report: DatasetReport = REPORT) -> AppTest:
    """The page after a folder on the server was chosen."""
    found = page()
    found.session_state["data_way"] = "A folder on this server"
    found.session_state["data_path"] = str(folders / "gaze")
    return found.run()


def ended_job(everything: Jobs, events: list[dict], kind: str = FIT, *tasks: str) -> Job:
    """A job whose process has ended and which wrote these events."""
    job = everything.start(kind, "mine", lambda folder: [str(folder), *tasks], {"network": "lite"})
    wait_for(lambda: not everything.state(job).is_running)
    with (job.folder / "progress.jsonl").open("a") as file:
        for event in events:
            file.write(json.dumps({"time": time.time()} | event) + "\n")
    return job


def texts(app: AppTest, kind: str) -> str:
    return "\n".join(element.value for element in app.get(kind))


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button}


@pytest.mark.parametrize(
    ("variable", "space", "at_the_server", "allowed"),
    [
        ("1", True, False, True), ("on", False, False, True), ("0", False, True, False),
        ("off", False, True, False), ("", False, True, True), ("", False, False, False),
        ("", True, True, False),
    ],
)  # fmt: skip
def test_who_may_train(variable, space, at_the_server, allowed):
    environment = {"SALMAP_TRAINING": variable} | ({"SPACE_ID": "a/b"} if space else {})
    assert training.is_allowed(at_the_server, environment) == allowed


@pytest.mark.parametrize(
    ("address", "is_here"),
    [
        (None, True), ("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("192.168.0.7", False), ("::ffff:192.168.0.7", False), ("2001:db8::1", False),
        ("localhost.example.org", False),
    ],
)  # fmt: skip
def test_who_is_at_the_server(address, is_here):
    assert is_this_computer(address) == is_here


def test_where_training_is_closed_a_visitor_finds_no_buttons_and_no_runs_of_others(
    monkeypatch, everything
):
    monkeypatch.setenv("SALMAP_TRAINING", "0")
    monkeypatch.setattr(access, "is_local", lambda: False)
    ended_job(everything, [], FIT, "refuse")
    app = page().run()
    assert not app.exception
    assert "SALMAP_TRAINING=1" in app.info[0].value
    assert keys(app) == set()
    assert len(app.get("file_uploader")) == 0
    assert not app.selectbox


@pytest.fixture
def shared(monkeypatch, everything):
    """A server where visitors from elsewhere may train."""
    monkeypatch.setenv("SALMAP_ADMIN_TOKEN", "open sesame")
    monkeypatch.setattr(access, "is_local", lambda: False)
    return everything


def as_visitor(name: str) -> AppTest:
    found = page()
    found.session_state["visitor"] = name
    return found


def test_a_visitor_sees_only_their_own_runs_and_uploads_and_an_administrator_all(shared):
    def script(folder: Path) -> list[str]:
        return [str(folder), "fail"]

    for owner in ("ann", "bob"):
        job = shared.start(FIT, f"model-of-{owner}", script, {}, owner)
        wait_for(lambda job=job: not shared.state(job).is_running)
        uploads.keep(f"data-of-{owner}.zip", BytesIO(gaze_zip(3)), training.uploads_folder(owner))
    app = as_visitor("ann").run()
    assert not app.exception
    (runs,) = [box for box in app.selectbox if box.key == "past_job"]
    assert [option.partition(":")[0] for option in runs.options] == ["model-of-ann"]
    (data,) = [box for box in app.selectbox if box.key == "kept_data"]
    assert [option.startswith("data-of-ann") for option in data.options] == [True]
    assert "A folder on this server" not in str(app.get("button_group"))
    app.text_input(key="admin_token").set_value("wrong").run()
    app.button(key="become_admin").click().run()
    assert "not this server's" in texts(app, "error")
    app.text_input(key="admin_token").set_value("open sesame").run()
    app.button(key="become_admin").click().run()
    (runs,) = [box for box in app.selectbox if box.key == "past_job"]
    assert len(runs.options) == 2


def test_of_a_strangers_run_only_that_there_is_one_is_said(shared):
    job = shared.start(FIT, "secret", lambda folder: [str(folder), "work"], {}, "bob")
    wait_for(lambda: shared.events_since_launch(job))
    app = as_visitor("ann").run()
    everything_said = texts(app, "markdown") + texts(app, "info") + texts(app, "header")
    assert "secret" not in everything_said
    assert "Another visitor's run" in texts(app, "info")
    assert "stop_job" not in keys(app)


def test_models_of_others_are_not_offered(shared, folders):
    save_untrained(folders / "models" / "theirs.safetensors")
    job = shared.start(FIT, "theirs", lambda folder: [str(folder), "finish"], {}, "bob")
    wait_for(lambda: not shared.state(job).is_running)

    def script() -> None:
        import streamlit as st

        from salmap.ui.components.controls import visible_models

        st.text(" ".join(entry.name for entry in visible_models()))

    app = AppTest.from_function(script, default_timeout=600)
    app.session_state["visitor"] = "ann"
    assert "theirs" not in app.run().text[0].value
    app.session_state["visitor"] = "bob"
    assert "theirs" in app.run().text[0].value


def test_a_message_to_a_visitor_names_no_folder_of_the_server(shared, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError(f"{source.path}/images has no picture.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = as_visitor("ann").run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip").run()
    assert "images has no picture" in texts(app, "error")
    assert str(training.folder()) not in texts(app, "error").replace("\\", "")


def test_an_upload_that_can_not_be_used_is_not_kept(everything, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError("It has no fixations.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = page().run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip").run()
    assert "It has no fixations." in texts(app, "error")
    assert "removed" in texts(app, "error")
    assert uploads.kept(training.uploads_folder("")) == []


def test_a_table_that_is_refused_is_kept_until_somebody_says_how_it_is_read(
    everything, monkeypatch
):
    asked = []

    def check(source: DataSource) -> DatasetReport:
        asked.append(source.gaze)
        if not source.settings:
            raise DatasetError("x and y lie between 0 and 1.")
        return REPORT

    monkeypatch.setattr(dataset, "check", check)
    app = page().run()
    data = gaze_zip(12, scale=(1 / 96, 1 / 72))
    app.file_uploader(key="data_zip").upload("gaze.zip", data, "application/zip").run()
    assert "removed" not in texts(app, "error")
    (confirm,) = [button for button in app.button if button.label == "Read it like this"]
    confirm.click().run()
    assert not app.exception
    assert asked == [[], ["--gaze", "unit=shares"]]


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


def test_a_data_set_that_can_not_be_used_is_explained(folders, monkeypatch):
    def refuse(source: DataSource) -> DatasetReport:
        raise DatasetError(f"There is no folder {source.path}/images. Check the path.")

    monkeypatch.setattr(dataset, "check", refuse)
    app = with_data(folders)
    assert "There is no folder" in app.error[0].value
    assert "fit_start" not in keys(app)


def test_problems_of_a_data_set_are_shown(folders, monkeypatch):
    splits = {"train": 2, "val": 1}
    report = DatasetReport(3, splits, (1, 2, 3), None, 2, ("A note.",), (BROKEN,), ())
    monkeypatch.setattr(dataset, "check", lambda source: report)
    save_untrained(folders / "models" / "start.safetensors")
    app = with_data(folders)
    assert "It has no fixations or map." in app.warning[0].value
    assert "images/a.png" in app.warning[0].value
    assert "2 fixations fell outside" in texts(app, "caption")
    assert app.button(key="fit_start").disabled
    assert "only data without problems" in app.warning[1].value
    assert app.button(key="adapt_start").disabled
    assert "at least 10 are needed" in app.warning[2].value


def test_one_picture_is_not_enough(folders, monkeypatch):
    report = DatasetReport(1, {"train": 1}, (5,), 2, 0, (), (), ())
    monkeypatch.setattr(dataset, "check", lambda source: report)
    app = with_data(folders)
    assert app.button(key="fit_start").disabled
    assert "at least two pictures" in texts(app, "warning")


def test_a_zip_is_unpacked_and_can_be_removed(everything):
    app = page().run()
    app.file_uploader(key="data_zip").upload("gaze.zip", gaze_zip(3), "application/zip")
    app.run()
    assert not app.error
    (path,) = training.uploads_folder("").iterdir()
    assert app.selectbox(key="kept_data").value == f"{path.parent.name}/{path.name}"
    assert (path / "fixations.csv").is_file()
    app.file_uploader(key="data_zip").set_value(None)
    app.button(key="remove_data").click().run()
    assert not path.exists()


def test_a_bad_zip_is_refused_in_words(everything):
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../evil.png", b"x")
    app = page().run()
    app.file_uploader(key="data_zip").upload("evil.zip", stream.getvalue(), "application/zip")
    app.run()
    assert not app.exception
    assert "leads outside" in app.error[0].value
    assert "fit_start" not in keys(app)


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


def test_what_is_missing_for_training_is_said(monkeypatch):
    monkeypatch.setattr(jobs, "SUPPORTED", False)
    assert "Windows" in training.why_impossible()
    app = page().run()
    assert "Windows" in app.warning[0].value
    assert len(app.get("file_uploader")) == 0

"""Run the app as a Space would: `python -m scripts.space_rehearsal`, from the repository's root.

The Dockerfile's steps are done in a temporary folder; the app is started there by an ordinary user
who can't write to its source, and is used by a browser in a frame of another site, behind a reverse
proxy: pictures are uploaded and photographed, all models used and all pages opened. What is logged
at the end is the server's memory. The exit status is 0 only if all of it went well.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page, Response, expect

from salmap import list_models, load_image
from salmap.models.file import save_model
from salmap.models.network import SaliencyNetwork
from salmap.networks import PRESETS
from salmap.pictures import resize
from salmap.render import encode_jpeg
from salmap.ui import examples
from salmap.weights.info import ModelInfo
from scripts.container import Container
from scripts.proxy import framed
from tests.browser.running import ROOT, chromium, free_port

#: what the Hub tells the app of its Space
SPACE = {"SPACE_ID": "ann/looks", "SPACE_HOST": "ann-looks.hf.space"}
#: for anything the app does, in milliseconds: what is measured here is memory, not speed
PATIENCE_MS = 600_000
#: (height, width) of a picture as telephones take them
LARGE = (3000, 4000)
#: the stage that a screenshot shows
PHOTO = "a photo"
#: resolves once the camera's picture is there: a photo taken before that is none
_HAS_PICTURE = """video => new Promise(done => {
    const timer = setInterval(() => {
        if (video.videoWidth > 0) { clearInterval(timer); done(true); }
    }, 100);
})"""

logger = logging.getLogger(__name__)


def main() -> None:
    """Build, use, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--install", action="store_true", help="install requirements.txt into a new environment"
    )
    parser.add_argument(
        "--python", default=sys.executable, help="makes that environment; any user can run it"
    )
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="a variable of the Space"
    )
    parser.add_argument("--screenshot", type=Path, help="where to save how it looks with a photo")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    variables = dict(pair.split("=", 1) for pair in options.env)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        container = built(Path(folder), options.install, options.python)
        for stage, megabytes in rehearse(container, browser, variables, options.screenshot).items():
            logger.info("%8.0f MB  %s", megabytes, stage)


def built(folder: Path, install: bool = False, python: str = sys.executable) -> Container:
    """The image in a folder, with models; nobody may write to its source.

    Raises:
        RuntimeError: if files can't be read by the user, or can be written.
    """
    folder.chmod(0o755)
    container = Container(folder, ROOT, install)
    container.build(python)
    check = "find . ! -readable -o -writable ! -type l"
    with tempfile.TemporaryFile() as output:
        container.start(["sh", "-c", check], {}, output).wait()
        output.seek(0)
        if wrong := output.read().decode():
            raise RuntimeError(f"The user can't read these, or can change them:\n{wrong}")
    return container


def rehearse(
    container: Container,
    browser: Browser,
    variables: dict[str, str],
    screenshot: Path | None = None,
) -> dict[str, float]:
    """Use the app as a visitor of the Space.

    Returns:
        Resident memory of the server in megabytes after each stage, and its peak.

    Raises:
        AssertionError: if something did not appear, or was answered with an error.
    """
    expect.set_options(timeout=PATIENCE_MS)
    memory = {}
    models = networks(Path(container.environment["SALMAP_MODELS_DIR"]))
    with running(container, variables) as (port, pid), framed(port) as address:
        tab = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        tab.set_default_timeout(PATIENCE_MS)
        refused: list[str] = []
        tab.on("response", lambda answer: _note_refusal(answer, refused))
        memory["started"] = resident_mb(pid)
        for stage, frame in visit(tab, address, models):
            memory[stage] = resident_mb(pid)
            expect(frame.get_by_test_id("stException")).to_have_count(0)
            assert not refused, refused
            if screenshot and stage == PHOTO:
                tab.screenshot(path=screenshot)
        tab.context.close()
        memory["peak"] = resident_mb(pid, "VmHWM")
    return memory


def _note_refusal(answer: Response, refused: list[str]) -> None:
    if answer.status >= 400:
        refused.append(f"{answer.status} {answer.request.method} {answer.url}")
        logger.error(refused[-1])


def networks(folder: Path) -> list[str]:
    """The networks that a visitor can choose; if that is one alone, an untrained one is added."""
    names = [name for name in PRESETS if name in list_models()]
    for name in PRESETS:
        if len(names) < 2 and name not in names:
            names.append(f"untrained-{name}")
            network = SaliencyNetwork(PRESETS[name].config)
            info = ModelInfo(names[-1], network.architecture, network.config())
            save_model(network, folder / f"{names[-1]}.safetensors", info)
    return names


@contextmanager
def running(container: Container, variables: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Port and process id of the app, once the image's health check is content.

    Raises:
        RuntimeError: if it never is.
    """
    port = free_port()
    environment = {"STREAMLIT_SERVER_PORT": str(port), **SPACE, **variables}
    with (container.root / "server.log").open("wb") as log:
        server = container.start(container.command, environment, log)
        try:
            for _ in range(PATIENCE_MS // 1000):
                with tempfile.TemporaryFile() as quiet:
                    check = container.start(container.health_check, environment, quiet)
                    if check.wait() == 0 or server.poll() is not None:
                        break
                time.sleep(1)
            if check.returncode != 0:
                raise RuntimeError("The app did not start.")
            yield port, server.pid
        except BaseException:
            logger.error("The app's log:\n%s", Path(log.name).read_text())
            raise
        finally:
            server.kill()
            server.wait()


def resident_mb(pid: int, line: str = "VmRSS") -> float:
    """Resident memory of a process in megabytes; `VmHWM` for the most it ever was."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(rf"{line}:\s+(\d+) kB", status)[0]) * 1024 / 1e6


def visit(tab: Page, address: str, models: list[str]) -> Iterator[tuple[str, FrameLocator]]:
    """Use the app; says after each stage what has been done."""
    tab.goto(address)
    frame = tab.frame_locator("iframe")
    _shows(frame, "Astronaut")
    yield "an example", frame
    for model in models:
        frame.get_by_role("combobox", name="Model").click()
        frame.get_by_role("option", name=model, exact=True).click()
        expect(frame.get_by_role("combobox", name="Model")).to_have_value(model)
        _shows(frame, "Astronaut")
        yield f"model {model}", frame
    cat = next(examples.data(example) for example in examples.EXAMPLES if example.title == "Cat")
    frame.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": cat}
    )
    _shows(frame, "cat.png")
    yield "an upload", frame
    large = encode_jpeg(resize(load_image(cat), LARGE), 92)
    frame.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "large.jpg", "mimeType": "image/jpeg", "buffer": large}
    )
    _shows(frame, "large.jpg")
    yield "an upload of 12 megapixels", frame
    frame.get_by_text("Use the camera").click()
    frame.locator("video").evaluate(_HAS_PICTURE)
    frame.get_by_role("button", name="Take Photo").click()
    _shows(frame, "photo.jpg")
    yield PHOTO, frame
    links = frame.get_by_test_id("stSidebarNavLink")
    for index in range(links.count()):
        links.nth(index).click()
        _idle(frame)
        yield f"page {links.nth(index).inner_text()}", frame


def _shows(frame: FrameLocator, name: str) -> None:
    """Wait until the result for a picture is there."""
    expect(frame.get_by_role("img", name=re.compile(f"^{re.escape(name)}: "))).to_be_visible()
    _idle(frame)


def _idle(frame: FrameLocator) -> None:
    frame.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


if __name__ == "__main__":
    main()

"""A running app and a chromium to look at it with: for the browser tests and the screenshots."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(shutil.which("chromium") or "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
#: patience, in milliseconds, for anything the page does; generous, for machines under load
PATIENCE_MS = 120_000
#: for a server that shares a machine with a browser
MODEST = {"OMP_NUM_THREADS": "1", "STREAMLIT_SERVER_FILE_WATCHER_TYPE": "none"}
#: what the themes put behind everything
BACKGROUNDS: dict[Literal["light", "dark"], str] = {
    "light": "rgb(255, 255, 255)",
    "dark": "rgb(23, 22, 20)",
}
#: of the Analyse page
LAST_HEADING = "How far can you trust this?"


@contextmanager
def running_app(folder: Path, environment: Mapping[str, str] = MODEST) -> Iterator[str]:
    """The address of the app, served with no models but Salmap's own; its log is in `folder`.

    Args:
        folder: of models.
        environment: what is added to this process's own for the server.

    Raises:
        RuntimeError: if it does not start.
    """
    port = free_port()
    log = folder / "server.log"
    variables = {**os.environ, "SALMAP_MODELS_DIR": str(folder), **environment}
    options = f"--server.port {port} --server.headless true"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", *options.split()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=variables, stdout=output, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/_stcore/health", process, log)
        yield address
    finally:
        process.kill()
        process.wait()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def open_app(tab: Page, address: str, last: str = LAST_HEADING) -> None:
    """Visit a page of the app and wait until it is complete; see `settled`."""
    tab.set_default_timeout(PATIENCE_MS)
    tab.goto(address)
    settled(tab, last)


def settled(tab: Page, last: str = LAST_HEADING) -> None:
    """Wait until the heading that comes last on a page is there, styled, and no script runs."""
    tab.locator("#salmap-style").wait_for(state="attached")
    tab.get_by_role("heading", name=last).first.wait_for()  # for a moment there may be two
    tab.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def only(part: Locator) -> Locator:
    """A part of a page, once what it replaces is gone."""
    expect(part).to_have_count(1)
    return part


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"The app did not start:\n{log.read_text()}")

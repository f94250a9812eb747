"""One server and one chromium for all browser tests; each test gets a tab of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.running import CHROMIUM, chromium, open_app, running_app


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[str]:
    """The address of the app."""
    with running_app(tmp_path_factory.mktemp("app")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        pytest.skip(f"there is no {CHROMIUM}: install Debian's package chromium")
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh visit, once the example has been analysed; nothing may go wrong in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    problems: list[str] = []
    tab.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    open_app(tab, server)
    yield tab
    context.close()
    assert problems == []

"""One server and one chromium for all browser tests; each test gets a tab of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

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


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> BrowserContext:
    """One browser profile, so that what the app is made of is fetched only once."""
    return browser.new_context(viewport={"width": 1280, "height": 800})


@pytest.fixture
def page(visitor: BrowserContext, server: str) -> Iterator[Page]:
    """A fresh visit, once the example has been analyzed.

    Nothing may go wrong in its console, and no other host may be asked for anything.
    """
    tab = visitor.new_page()
    problems: list[str] = []
    tab.on("console", lambda m: problems.append(m.text) if is_error(m) else None)
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on(
        "request",
        lambda request: None if is_ours(request.url, server) else problems.append(request.url),
    )
    open_app(tab, server)
    yield tab
    tab.close()
    assert problems == []


def is_error(message: ConsoleMessage) -> bool:
    """Whether something went wrong; Streamlit looks for its server below a page's address, too."""
    return message.type == "error" and "/_stcore/" not in message.location["url"]


def is_ours(url: str, server: str) -> bool:
    return url.startswith((server, server.replace("http", "ws", 1), "data:", "blob:"))

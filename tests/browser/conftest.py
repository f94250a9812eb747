"""One server, one chromium and two tabs, a desk's and a phone's, for all browser tests.

A tab goes from test to test: its process has read and compiled the app by then, which takes several
times as long as everything else in a visit. Each test visits anew, so the app remembers nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.running import CHROMIUM, chromium, open_app, running_app
from tests.browser.watching import watched

DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


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
def desk_tab(browser: Browser) -> Page:
    return browser.new_context(viewport=DESK).new_page()


@pytest.fixture(scope="session")
def phone_tab(browser: Browser) -> Page:
    return browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()


@pytest.fixture
def tab(desk_tab: Page) -> Iterator[Page]:
    """An empty tab of a desk."""
    with watched(desk_tab):
        yield desk_tab


@pytest.fixture
def page(tab: Page, server: str) -> Page:
    """A fresh visit, once the example has been analyzed."""
    open_app(tab, server)
    return tab


@pytest.fixture
def phone(phone_tab: Page, server: str) -> Iterator[Page]:
    """The same on a phone."""
    with watched(phone_tab):
        open_app(phone_tab, server)
        yield phone_tab

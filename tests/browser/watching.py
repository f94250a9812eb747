"""What goes wrong in a tab while a test uses it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from playwright.sync_api import ConsoleMessage, Page, Request

from tests.browser.running import PATIENCE_MS

EVENTS = ("pageerror", "console", "request")
#: how addresses of this machine begin
OURS = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")


@contextmanager
def watched(tab: Page, events: Sequence[str] = EVENTS) -> Iterator[None]:
    """Nothing may go wrong in a tab, and no other machine may be asked for anything.

    Args:
        tab: left empty, its window and theme as they were.
        events: what is watched.
    """
    problems: list[str] = []

    def listen(event: Exception | ConsoleMessage | Request) -> None:
        if problem := problem_of(event):
            problems.append(problem)

    size = tab.viewport_size
    assert size
    tab.set_default_timeout(PATIENCE_MS)
    for event in events:
        tab.on(event, listen)  # type: ignore[call-overload]
    try:
        yield
    finally:
        for event in events:
            tab.remove_listener(event, listen)
        tab.goto("about:blank")
        tab.set_viewport_size(size)
        tab.emulate_media(color_scheme="null", reduced_motion="null")
    assert not problems, "\n".join(problems)


def problem_of(event: Exception | ConsoleMessage | Request) -> str:
    """What is wrong, if anything; Streamlit looks for its server below a page's address, too."""
    if isinstance(event, Request):
        return "" if event.url.startswith(OURS) else event.url
    if isinstance(event, ConsoleMessage):
        expected = event.type != "error" or "/_stcore/" in event.location["url"]
        return "" if expected else event.text
    return str(event)

"""The About page: privacy, and where to read on."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest


def text() -> str:
    def script() -> None:
        from salmap.ui.pages.about import page

        page()

    app = AppTest.from_function(script).run()
    assert not app.exception
    return "\n".join(element.value for element in app.markdown)


def test_it_says_what_happens_to_pictures_and_where_the_documentation_is():
    said = text()
    assert "not kept on disk and not sent anywhere" in " ".join(said.split())
    assert "folder `docs`" in said


def test_on_a_space_it_links_to_its_source(monkeypatch: pytest.MonkeyPatch):
    assert "/spaces/" not in text()
    monkeypatch.setenv("SPACE_ID", "somebody/salmap")
    assert "/spaces/somebody/salmap/tree/main" in text()

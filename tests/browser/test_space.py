"""The app as a Space runs it: the Dockerfile's steps, an ordinary user, a proxy, a frame."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from scripts.space_rehearsal import PHOTO, built, rehearse


@pytest.mark.browser
@pytest.mark.slow
def test_a_space_takes_pictures_and_keeps_below_two_gigabytes(browser):
    with tempfile.TemporaryDirectory() as folder:
        memory = rehearse(built(Path(folder)), browser, {})
    assert {"an upload", "an upload of 12 megapixels", PHOTO, "page Analyse"} <= set(memory)
    assert len([stage for stage in memory if stage.startswith("model ")]) >= 2
    assert max(memory.values()) < 2000

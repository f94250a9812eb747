"""The Versions page's logic, and the areas that visitors draw, without a browser."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from salmap.areas import Area
from salmap.ui import state

pytestmark = pytest.mark.usefixtures("fresh")

LEFT = Area.box("left", 0, 0, 45, 60)


def version(name: str, size: tuple[int, int] = (60, 90)) -> state.Picture:
    pixels = np.full((*size, 3), len(name) * 9, np.uint8)
    pixels[20:40, :30] = 255
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return state.picture_from(name, stream.getvalue())


def started(*versions: state.Picture, areas: dict[str, tuple[Area, ...]] | None = None) -> AppTest:
    def script() -> None:
        from salmap.ui.pages import versions

        versions.page()

    app = AppTest.from_function(script, default_timeout=120)
    app.session_state["model"] = "spectral-residual"
    app.session_state["tray"] = versions
    app.session_state["drawn_areas"] = areas or {}
    return app.run()


def parts(app: AppTest, name: str) -> list[dict]:
    """What the browser parts of this name were given."""
    protos = [getattr(element, "proto", None) for element in app.main]
    full = f"salmap_{name}"
    return [json.loads(p.json)[0] for p in protos if getattr(p, "component_name", "") == full]


def test_one_picture_is_not_enough():
    app = started(version("a.png"))
    assert "2 to 6 versions" in app.info[0].value
    assert parts(app, "area_editor") == []


def test_an_area_on_one_version_is_measured_in_all_of_its_shape():
    a, b = version("a.png"), version("other.png")
    app = started(a, b, areas={a.digest: (LEFT,)})
    assert not app.exception
    (table,) = parts(app, "numbers")
    assert [row["name"] for row in table["rows"]] == ["a.png", "other.png"]
    shares = [row["cells"][0]["text"] for row in table["rows"]]
    assert all(share.endswith("%") for share in shares)
    assert "no clear difference" in app.info[0].value
    (editor,) = parts(app, "area_editor")
    assert editor["areas"][0]["name"] == "left"
    app.session_state["versions_drawn_on"] = "other.png"
    (editor,) = parts(app.run(), "area_editor")
    assert editor["areas"][0]["corners"] == [list(corner) for corner in LEFT.corners]


def test_a_version_of_another_shape_needs_areas_of_its_own():
    a, b = version("a.png"), version("tall.png", (90, 60))
    app = started(a, b, areas={a.digest: (LEFT,)})
    assert "tall.png" in app.error[0].value
    app = started(a, b, areas={a.digest: (LEFT,), b.digest: (Area.box("left", 0, 0, 30, 90),)})
    assert not app.error
    assert len(parts(app, "numbers")) == 1

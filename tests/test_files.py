"""Finding files, and names that are no text."""

from __future__ import annotations

from pathlib import Path

import pytest

from salmap.files import name_as_text, walk


def test_a_folder_is_met_where_it_lies_and_only_once(tmp_path: Path) -> None:
    for name in ("top/real/1", "top/.hidden/2", "top/.3", "other/4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "top" / "a").symlink_to(tmp_path / "top" / "real")
    (tmp_path / "top" / "b").symlink_to(tmp_path / "other")
    (tmp_path / "other" / "up").symlink_to(tmp_path)
    (tmp_path / "top" / "broken").symlink_to(tmp_path / "nowhere")
    found = sorted(path.relative_to(tmp_path / "top").as_posix() for path in walk(tmp_path / "top"))
    assert found == ["b/4", "broken", "real/1"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("café.png", "café.png"), ("caf\udce9.png", r"caf\xe9.png"), ("\ud800", r"\ud800")],
)
def test_a_name_as_text_can_be_written_anywhere(name: str, text: str) -> None:
    assert name_as_text(name) == text
    text.encode()

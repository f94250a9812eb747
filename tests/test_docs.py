"""What the documentation says, beside what it is about."""

from __future__ import annotations

import csv
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCORES = re.compile(r"\d\.\d{3} / \d\.\d{3} / \d\.\d{3}")


def rows_of_what_was_tried() -> list[list[str]]:
    text = (ROOT / "docs/tried.md").read_text(encoding="utf-8")
    rows = [line[1:-1].split("|") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def scores_in_the_csv() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with (ROOT / "docs/tried.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            assert None not in row.values()
            scores = " / ".join((row["osie"], row["saliency_in_crowd"], row["scene"]))
            found.setdefault(row["run"], set()).add(scores)
    return found


def test_every_score_of_a_run_is_in_the_csv_under_its_name() -> None:
    details = scores_in_the_csv()
    rows = rows_of_what_was_tried()
    assert len(rows) > 30
    for run, _, _, _, _, after, _ in rows:
        name = run.strip("`")
        assert all(scores in details[name] for scores in SCORES.findall(after)), (name, after)


def test_every_run_in_the_csv_is_explained() -> None:
    text = (ROOT / "docs/tried.md").read_text(encoding="utf-8")
    assert [run for run in scores_in_the_csv() if f"`{run}`" not in text] == []


def test_every_settings_variable_is_documented() -> None:
    sources = [*(ROOT / "salmap").rglob("*.py"), ROOT / "app.py"]
    used = {
        name
        for source in sources
        for name in re.findall(r'"(SALMAP_[A-Z_]+)"', source.read_text(encoding="utf-8"))
    }
    pages = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "docs").glob("*.md"))
    assert used
    assert {name for name in used if f"`{name}" not in pages} == set()

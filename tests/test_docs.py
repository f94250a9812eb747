"""What the documentation says, beside what it is about."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from salmap.cli.main import app

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "assets" / "center-bias.md",  # other cards tell of the code that made them
]
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


def commands(text: str) -> list[list[str]]:
    """The words of each `salmap ...` in code blocks, however it is started."""
    blocks = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", text, re.M | re.S)
    lines = "\n".join(block for language, block in blocks if not language)
    lines = lines.replace("\\\n", " ").replace("-m train", "-m salmap train")
    found = re.findall(r"(?:^|-m ) *(salmap [^#\n]*)", lines, re.M)
    return [shlex.split(command)[1:] for command in found]


def test_commands_are_found() -> None:
    text = """
```python
import salmap
```
```
salmap models
python -m train fit \\
    --out X   # why
hf upload salmap
accelerate launch -m salmap predict A
```
"""
    expected = [["models"], ["train", "fit", "--out", "X"], ["predict", "A"]]
    assert commands(text) == expected


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in commands(page.read_text(encoding="utf-8")):
        command: Any = typer.main.get_command(app)
        while hasattr(command, "commands"):
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in parameter.opts}
        given = {word for word in words if word.startswith("--")}
        assert given - options == set(), (command.name, given - options)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    tops = "salmap|train|tests|docs|assets|benchmarks|scripts"
    named = re.findall(rf"`((?:{tops})/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []

"""A few damaged files of each kind; `python -m tests.fuzz` reads many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.kinds import KINDS, Case, outcome

#: files of each kind
COUNTS = {"pictures": 300, "maps": 150, "tables": 150, "archives": 60, "weights": 40}
#: a network takes a second to load
LARGE = 1_000_000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore")
def test_damaged_files_are_refused_or_read(kind: str, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    good = [file for file in KINDS[kind].seeds(tmp_path / "made") if len(file[1]) < LARGE]
    readable = [outcome(Case(kind, 0, n), good, tmp_path) for n in range(COUNTS[kind])]
    assert any(readable)
    assert not all(readable)


def test_the_same_seed_makes_the_same_files() -> None:
    good = KINDS["tables"].seeds(Path())
    assert Case("tables", 1, 7).make(good) == Case("tables", 1, 7).make(good)
    assert Case("tables", 1, 7).make(good) != Case("tables", 2, 7).make(good)
